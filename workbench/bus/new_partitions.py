"""Finds the topics and partitions that a selection got since somebody began to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.topics import TopicInfo

METADATA_S = 10.0
"""Seconds between two looks for new topics and partitions."""


async def topics_now(log: RecordLog, selection: TopicSelection, known: Collection[str]) -> list[TopicInfo]:
    """Describe the known topics, and others that the selection selects by now; sorted by name.

    Topics that are gone, and new ones without the right to read them, are left out. Only what may be of interest is
    described: describing all topics of a large cluster again and again would be a load on it.

    Args:
        log: An open record log.
        selection: Names and patterns.
        known: Names of topics that are read already.
    """
    names = {*known, *(part for part in selection.parts if isinstance(part, str))}
    if selection.has_patterns:
        names |= {name for name in await log.topic_names() if selection.fits(name)}
    infos = await log.describe(sorted(names))
    return [info for info in infos if info.name in known or (info.readable and selection.matches(info))]


async def spans_of_new_partitions(
    log: RecordLog,
    topics: Sequence[TopicInfo],
    known: Collection[TopicPartition],
) -> list[Span]:
    """Return a span without end for each partition that is not known yet, from its first offset on.

    A partition or topic that was added a moment ago is read from its start, wherever the others began: all its records
    are newer than the beginning of the reading.

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


def additions_text(spans: Sequence[Span], known: Collection[str]) -> list[str]:
    """Say of each topic that is not known, and of each partition of a known one, that it is read by now.

    Args:
        spans: What is read as well from now on.
        known: Names of the topics that were read before.
    """
    topics = sorted({span.topic for span in spans} - {*known})
    texts = [f"topic {name} appeared meanwhile, and is read from its start" for name in topics]
    more = [partition_text(span.topic, span.partition) for span in spans if span.topic in known]
    return [*texts, *(f"{place} was added meanwhile, and is read from its start" for place in more)]
