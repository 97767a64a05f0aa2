"""Finds the partitions that topics got since somebody began to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.topics import TopicInfo


async def spans_of_new_partitions(
    log: RecordLog,
    topics: Sequence[TopicInfo],
    known: Collection[TopicPartition],
) -> list[Span]:
    """Return a span without end for each partition that is not known yet, from its first offset on.

    A partition that was added a moment ago is read from its start, wherever the others began: all its records are newer
    than the beginning of the reading.

    Args:
        log: An open record log.
        topics: Topics as they are described now.
        known: Partitions that are read already.
    """
    ids = {info.name: info.topic_id for info in topics}
    every = {TopicPartition(info.name, part.partition) for info in topics for part in info.partitions}
    added = sorted(every.difference(known))
    if not added:
        return []
    begins = await log.offsets(added, "earliest")
    return [Span(one.topic, one.partition, begins.get(one) or 0, None, ids[one.topic]) for one in added]
