"""The masking policy in use: over what a connection reads, and over what snapshot files hold."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from workbench.errors import SnapshotError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.bus.protocols import RecordLog
    from workbench.masking import MaskingPolicy
    from workbench.model.events.decoding import ValueDecoder
    from workbench.store.snapshot.store import SnapshotStore

_ACTION = "masking.rules"
_HELD = f"SELECT details FROM audit WHERE action = '{_ACTION}' ORDER BY rowid DESC LIMIT 1"  # noqa: S608 - a constant


def present_policy() -> MaskingPolicy | None:
    """Return the policy of the settings file; None where it has no rule.

    Raises:
        ConfigurationError: The settings are not valid, or a rule hashes and there is no salt.
    """
    from workbench.config import load_settings

    settings = load_settings().masking
    if not settings.rules:
        return None
    from workbench.masking import policy_of

    return policy_of(settings)


def masked_log(
    log: RecordLog,
    policy: MaskingPolicy | None,
    decoder: Callable[[], ValueDecoder],
    keep: Callable[[str, pa.RecordBatch], None] | None = None,
) -> RecordLog:
    """Return a log whose readers mask, and give raw records to ``keep`` first; without a policy the log itself."""
    if policy is None:
        return log
    from workbench.masking import MaskedLog

    return MaskedLog(log, policy, decoder, keep)


def check_masked(store: SnapshotStore) -> None:
    """Refuse a snapshot that holds records which a rule masks now, and did not when they were stored.

    Raises:
        SnapshotError: Names the topics, and the way to a masked copy.
    """
    policy = present_policy()
    if policy is None:
        return
    missing = policy.missing({source.topic for source in store.sources()}, _held(store))
    if missing:
        shown = ", ".join(visible(topic, 80) for topic in missing[:5])
        raise SnapshotError(
            f"{store.path} is not shown: [masking] of workbench.toml hides parts of {shown}, and the file has records "
            "that were stored without these rules. Make a masked copy: workbench mask SNAPSHOT COPY, or "
            "workbench.session.masked_copies.masked_copy(snapshot, copy).",
            path=str(store.path),
        )


def note_masking(store: SnapshotStore) -> None:
    """Store the rules that hold from now on for records that are written: at most those that held for all before."""
    policy = present_policy()
    present = [] if policy is None else policy.stored()
    held = _held(store)
    rules = [rule for rule in present if rule in held] if store.sources() else present
    if rules == held:
        return
    from workbench.store.journal import Journal

    Journal(store.connection).audit(str(uuid.uuid4()), action=_ACTION, result="held", details={"rules": rules})


def _held(store: SnapshotStore) -> list[str]:
    with store.cursor() as cursor:
        row = cursor.execute(_HELD).fetchone()
    found = json.loads(row[0])["rules"] if row is not None and row[0] else []
    return [str(rule) for rule in found]
