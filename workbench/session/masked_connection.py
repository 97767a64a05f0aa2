"""Makes the connection of a cluster, whose readers mask what the settings hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.session.connection.cluster_connection import ClusterConnection
from workbench.session.masking import masked_log, present_policy

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.config import Profile
    from workbench.model.events.decoding import ValueDecoder


def masked_connection(profile: Profile, log: RecordLog, *, writable: bool, reason: str) -> ClusterConnection:
    """Make a connection by the present settings.

    Raises:
        ConfigurationError: The settings are not valid, or a rule hashes and there is no salt.
    """
    policy = present_policy()

    def decoder() -> ValueDecoder:
        from workbench.session.conventions import topic_decoder
        from workbench.session.schemas.capturing import live_decoder

        return live_decoder(topic_decoder(as_written=True), made)

    made = ClusterConnection(
        profile,
        log,
        writable=writable,
        reason=reason,
        masked=lambda plain, keep=None: masked_log(plain, policy, decoder, keep),
        keeps_raw=policy is not None and policy.keeps_raw,
        hides=lambda topic: policy is not None and policy.concerns(topic),
    )
    return made
