"""Finds the partitions of a topic selection that a running tail does not follow yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.selecting.topic_selection import TopicSelection


async def new_spans(log: RecordLog, selection: TopicSelection, known: Sequence[TopicPartition]) -> list[Span]:
    """Return spans from the first offset on, one for each new partition; a pattern takes up new topics, too.

    A partition that was added a moment ago is read from its beginning whatever the start of the tail was: its first
    records came after that.
    """
    topics = selection.resolve(await log.describe())
    every = {TopicPartition(info.name, part.partition) for info in topics for part in info.partitions}
    added = sorted(every - set(known), key=lambda one: (one.topic, one.partition))
    if not added:
        return []
    begins = await log.offsets(added, "earliest")
    return [Span(one.topic, one.partition, begins.get(one) or 0, None) for one in added]
