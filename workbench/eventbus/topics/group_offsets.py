"""Offsets of consumer groups: lag, and resets that are planned, checked and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import GroupActiveError
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import CommittedOffset, TopicPartition


@dataclass(frozen=True, slots=True)
class OffsetReset:
    """A reset of a group's offsets: planned or done, with the offsets before and after."""

    group_id: str
    before: Mapping[TopicPartition, int | None]
    after: Mapping[TopicPartition, int]
    done: bool = False
    clamped: tuple[TopicPartition, ...] = field(default=())
    """Partitions whose requested offset lay outside ``[low, end]``."""


def lag(end: int | None, committed: CommittedOffset) -> int | None:
    """Return the lag in offsets, as `workbench.lag` defines it: never below 0; None where the end is unknown."""
    return None if end is None else max(0, end - committed.offset)


async def lag_of(log: RecordLog, group_id: str) -> dict[TopicPartition, int | None]:
    """Return the lag of a group in each partition: committed offset to high watermark, in offsets."""
    # In this order: a commit after the ends were read would make the lag look smaller than it ever was.
    committed = await log.committed(group_id)
    ends = await log.offsets(list(committed), "latest", isolation="read_uncommitted")
    return {partition: lag(ends[partition], stored) for partition, stored in committed.items()}


async def plan_reset(log: RecordLog, group_id: str, wanted: Mapping[TopicPartition, int]) -> OffsetReset:
    """Return what a reset would change; ``before`` of the plan undoes it later."""
    committed = await log.committed(group_id)
    low = await log.offsets(list(wanted), "earliest")
    end = await log.offsets(list(wanted), "latest", isolation="read_uncommitted")
    after = {p: min(max(offset, low[p] or 0), end[p] or 0) for p, offset in wanted.items()}
    return OffsetReset(
        group_id,
        {p: committed[p].offset if p in committed else None for p in wanted},
        after,
        clamped=tuple(p for p in wanted if after[p] != wanted[p]),
    )


async def run_reset(log: RecordLog, plan: OffsetReset) -> OffsetReset:
    """Commit the offsets of a planned reset and read them back.

    Raises:
        GroupActiveError: The group has members; nothing was changed.
    """
    described = (await log.describe_groups([plan.group_id]))[0]
    if described.members or described.state not in {"Empty", "Dead"}:
        raise GroupActiveError(
            f"Group {plan.group_id} is {described.state} with {counted(len(described.members), 'member')}; "
            "stop its consumers before its offsets are reset.",
            group_id=plan.group_id,
            members=[member.client_id for member in described.members],
        )
    await log.commit_offsets(plan.group_id, plan.after)
    stored = await log.committed(plan.group_id)
    kept = all(p in stored and stored[p].offset == offset for p, offset in plan.after.items())
    return OffsetReset(plan.group_id, plan.before, plan.after, done=kept, clamped=plan.clamped)
