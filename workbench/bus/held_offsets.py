"""Finds the offsets that open transactions keep from readers of committed records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.records.chunk import Isolation
    from workbench.model.records.record import TopicPartition


async def held_by_transactions(
    log: RecordLog,
    partitions: Sequence[TopicPartition],
    isolation: Isolation = "read_committed",
) -> dict[TopicPartition, str]:
    """Say for each partition what open transactions hold: how many offsets, since which one; others are left out.

    A reader of committed records waits at the first open transaction, also for what was written after it.
    """
    if isolation != "read_committed" or not partitions:
        return {}
    stable = await log.offsets(partitions, "latest", isolation="read_committed")
    high = await log.offsets(partitions, "latest", isolation="read_uncommitted")
    found = {p: (since, (high.get(p) or 0) - since) for p in partitions if (since := stable.get(p)) is not None}
    return {
        p: f"{counted(count, 'offset')} held by an open transaction since offset {since}: not readable yet"
        for p, (since, count) in found.items()
        if count > 0
    }
