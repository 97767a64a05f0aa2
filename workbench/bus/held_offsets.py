"""Finds the offsets that open transactions keep from readers of committed records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.records.chunk import Isolation
    from workbench.model.records.record import TopicPartition


@dataclass(frozen=True, slots=True)
class HeldOffsets:
    """Offsets at the end of a partition that open transactions keep from readers of committed records."""

    since: int
    """Offset of the first open transaction."""
    count: int

    @property
    def text(self) -> str:
        """The same in words."""
        return (
            f"{counted(self.count, 'offset')} held by an open transaction since offset {self.since}: not readable yet"
        )


async def held_by_transactions(
    log: RecordLog,
    partitions: Sequence[TopicPartition],
    isolation: Isolation = "read_committed",
) -> dict[TopicPartition, HeldOffsets]:
    """Find for each partition what open transactions hold: how many offsets, since which one; others are left out.

    A reader of committed records waits at the first open transaction, also for what was written after it.
    """
    if isolation != "read_committed" or not partitions:
        return {}
    stable = await log.offsets(partitions, "latest", isolation="read_committed")
    high = await log.offsets(partitions, "latest", isolation="read_uncommitted")
    found = {
        p: HeldOffsets(since, (high.get(p) or 0) - since) for p in partitions if (since := stable.get(p)) is not None
    }
    return {p: held for p, held in found.items() if held.count > 0}
