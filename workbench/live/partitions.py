"""Finds the partitions of a topic selection that a running tail does not follow yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.new_partitions import spans_of_new_partitions, topics_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.records.chunk import Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.selecting.topic_selection import TopicSelection


async def new_spans(log: RecordLog, selection: TopicSelection, known: Sequence[TopicPartition]) -> list[Span]:
    """Return spans from the first offset on, one for each new partition; a pattern takes up new topics, too.

    A partition that was added a moment ago is read from its beginning whatever the start of the tail was: its first
    records came after that.
    """
    topics = {tp.topic for tp in known}
    return await spans_of_new_partitions(log, await topics_now(log, selection, topics), known)
