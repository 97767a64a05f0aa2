"""Opens a `Cluster` from an address or the name of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.profiles import log_of
from workbench.config import resolve, with_registry
from workbench.errors import ConfigurationError
from workbench.session.cluster import Cluster
from workbench.session.notebook_frames import show_frames_plainly

if TYPE_CHECKING:
    from workbench.config import Profile


async def connect(
    address: str | None = None,
    *,
    write: bool = False,
    reason: str | None = None,
    schema_registry: str | None = None,
) -> Cluster:
    """Connect to a cluster, read-only unless ``write=True``, which requires a ``reason`` for the journal.

    Args:
        address: ``kafka://host:9092,host2:9092``, ``memory://name``, or the name of a profile in ``workbench.toml``;
            without it ``WORKBENCH_ADDRESS``, ``WORKBENCH_PROFILE`` or the file's default.
        write: Allow replays and other writes over this connection.
        reason: Why it is opened for writing; stored in the journal with each replay.
        schema_registry: URL of the schema registry (several with commas), in place of the profile's. Credentials of the
            profile go along only to servers that it names.

    Raises:
        ConfigurationError: No address is given or configured, a setting is not valid, or ``write=True`` has no reason.
        BrokerUnavailableError: No broker of the address answers.
        AuthenticationError: The credentials or the certificate were refused.
    """
    if write and not (reason and reason.strip()):
        raise ConfigurationError(
            "A connection that may write needs a reason, which the journal keeps: "
            'connect(…, write=True, reason="INC-42"), on the command line --reason INC-42.',
        )
    profile = with_registry(resolve(address), schema_registry)
    return await open_cluster(profile, write=write, reason=reason)


async def open_cluster(profile: Profile, *, write: bool, reason: str | None) -> Cluster:
    """Open the cluster of a profile."""
    show_frames_plainly()
    cluster = Cluster(profile, log_of(profile), write=write, reason=reason)
    return await cluster.__aenter__()
