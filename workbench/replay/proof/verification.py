"""Verifies the delivery of a run: reads the target back and compares it with the plan and the ledger.

A check that could not be made is ``not checked``, and the verification is then not passed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.errors import WorkbenchError
from workbench.model import TopicPartition
from workbench.replay.proof.arrivals import Picker, arrivals
from workbench.replay.proof.delivery_checks import Comparison, all_checks, passed_checks
from workbench.replay.proof.expected import DONE, NEVER_RUN, ExpectedRecords
from workbench.replay.proof.stable_ends import stable_ends
from workbench.replay.target.present import TAIL_OFFSETS
from workbench.replay.target.same_topics import gone_targets
from workbench.text import counted, number_text

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.proof.following import FollowingCheck
    from workbench.store.journal import Journal, RunRow

_FURTHER = 4
"""Offsets behind a run that are read for each record of its plan, where that is more than `TAIL_OFFSETS`."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison and its result."""

    name: str
    status: Literal["pass", "fail", "not checked"]
    detail: str = ""

    def __str__(self) -> str:
        """Status first."""
        return f"{self.status}: {self.name}{f' - {self.detail}' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Verification:
    """The checks of a delivery."""

    checks: tuple[Check, ...]
    others: int = 0
    """Records of others between the first and the last one of the run."""
    level: int = 1
    later: int = 0
    """Records of others behind the last one of the run, as far as its targets were read."""
    unread: int = 0
    """Offsets behind those: of a run that ended long ago not everything since is read."""

    @property
    def passed(self) -> bool:
        """Whether every check was made and passed."""
        return bool(self.checks) and all(check.status == "pass" for check in self.checks)

    @property
    def summary(self) -> str:
        """The result in one line."""
        wrong = [check.name for check in self.checks if check.status != "pass"]
        result = "delivery verified" if self.passed else f"delivery not verified ({', '.join(wrong)})"
        later = f", {number_text(self.later)} behind the last one" if self.later else ""
        unread = f"; {counted(self.unread, 'later offset')} not read" if self.unread else ""
        return f"level {self.level}: {result}; {counted(self.others, 'record')} of others in between{later}{unread}"


async def verify_delivery(
    log: RecordLog,
    plan: Plan | str,
    journal: Journal,
    *,
    record: bool = True,
    following: FollowingCheck | None = None,
) -> Verification:
    """Read the target from where it ended before the run, and compare every record with plan and ledger.

    Args:
        log: The target cluster.
        plan: The plan that was run; or the id of the run, whose ledger then says which records were sent.
        journal: Its journal.
        record: Whether the journal is changed: a run that is done becomes ``verified`` or ``not_verified``.
        following: The check that read the target while the run wrote it. Where it confirms that every record is there
            as it should be, nothing is read again.

    Raises:
        SnapshotError: The journal does not know the run.
    """
    run_id = plan if isinstance(plan, str) else plan.run_id
    row = await asyncio.to_thread(journal.run, run_id)
    given = None if isinstance(plan, str) else plan
    if row.state in NEVER_RUN:
        return Verification((Check("compare the records of the run", "not checked", "it was never run"),))
    try:
        gone = await gone_targets(log, row)
        if gone:
            verification = Verification(tuple(Check("the target is the planned topic", "fail", one) for one in gone))
        else:
            verification = await _delivered(log, row, journal, given, following)
    except WorkbenchError as error:
        verification = Verification((Check("read the target back", "not checked", error.message),))
    if record and row.state in DONE:
        state = "verified" if verification.passed else "not_verified"
        await asyncio.to_thread(journal.finish, run_id, state)
    return verification


async def _delivered(
    log: RecordLog, row: RunRow, journal: Journal, plan: Plan | None, following: FollowingCheck | None
) -> Verification:
    if following is not None and await following.confirms():
        checks = tuple(Check(name, "pass", detail) for name, detail in passed_checks(following.records))
        return Verification(checks, following.others)
    starts, least = _bounds(await asyncio.to_thread(journal.positions, row.run_id))
    ends = await stable_ends(log, least, starts)
    expected = await asyncio.to_thread(ExpectedRecords, row, journal.ledger_of(row.run_id), plan)
    own = {at: least.get(at, start) for at, start in starts.items()}
    picker = Picker(row.run_id, expected.ledger, marked=expected.marked, until=own)
    comparison = Comparison(expected)
    # A record that a twin of the run wrote once more would lie close behind.
    further = max(TAIL_OFFSETS, _FURTHER * len(expected)) // max(1, len(own)) + 1
    read = {at: min(end, own[at] + further) for at, end in ends.items()}
    async for part in arrivals(log, picker, starts, read):
        await asyncio.to_thread(comparison.take, part)
    found = await asyncio.to_thread(lambda: tuple(all_checks(comparison, picker)))
    return Verification(
        tuple(Check(name, status, detail) for name, status, detail in found),
        picker.others,
        later=picker.later,
        unread=sum(ends.values()) - sum(read.values()),
    )


def _bounds(positions: pa.Table) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Return where each target partition ended before the run, and behind the last record that it wrote there."""
    rows = positions.to_pylist()
    places = [TopicPartition(at["target_topic"], at["target_partition"]) for at in rows]
    starts = {place: at["start_offset"] for place, at in zip(places, rows, strict=True)}
    following = {place: at["next_target_offset"] for place, at in zip(places, rows, strict=True)}
    return starts, {place: offset for place, offset in following.items() if offset is not None}
