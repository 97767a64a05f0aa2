"""Reads topics from explicit positions, without a consumer group, for `Cluster.records` and ``workbench tail``."""

from __future__ import annotations

import logging
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.bus.silence import Silence
from workbench.errors import UnknownTopicError
from workbench.live.changes import Changes
from workbench.live.last_records import start_at_last_records
from workbench.model.records.record import TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import FromEnd, parse_bound
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk, Isolation, Record, Span
    from workbench.model.records.chunk import Gap
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike

READ_BYTES = 4 << 20
READ_WAIT_MS = 200

_logger = logging.getLogger(__name__)


async def follow_records(
    log: RecordLog,
    topics: TopicsLike,
    *,
    start: BoundLike = "end",
    end: BoundLike | None = None,
    stop_at_end: bool = False,
    isolation: Isolation = "read_committed",
) -> AsyncGenerator[Record, None]:
    """Yield records one by one, in offset order within each partition; see `follow_chunks` and `Cluster.records`."""
    async for chunk in follow_chunks(log, topics, start=start, end=end, stop_at_end=stop_at_end, isolation=isolation):
        for record in chunk.rows():
            yield record


async def follow_chunks(
    log: RecordLog,
    topics: TopicsLike,
    *,
    start: BoundLike = "end",
    end: BoundLike | None = None,
    stop_at_end: bool = False,
    isolation: Isolation = "read_committed",
    partitions: Collection[int] | None = None,
    note: Callable[[str], None] | None = None,
) -> AsyncGenerator[Chunk, None]:
    """Yield chunks that hold records, in offset order within each partition.

    Without an end it also takes up the partitions that are added and the topics that begin to match a pattern, from
    their start, within ten seconds; and it goes on with the other topics when one is deleted.

    Args:
        log: An open record log.
        topics: Topics to read.
        start: Where to begin. ``-100`` is the last 100 records of each partition: offsets without a record, such as the
            markers of transactions, do not count.
        end: Where to stop, exclusive; resolved to offsets once, at the start. Without it reading never stops.
        stop_at_end: Stop at the offsets that are the end now; the same as ``end="end"``.
        isolation: Isolation level of the reads.
        partitions: Read only partitions of these numbers.
        note: Called with each remark: about how the bounds were found, about topics and partitions that were taken up
            or lost meanwhile, about what open transactions hold, about a cluster that does not answer, and about each
            range of offsets that could not be read; without it the last two are warnings of the logger
            ``workbench.live.following``.
    """
    from workbench.capture.window import resolve_window

    first, selection = parse_bound(start), parse_topics(topics)
    bound = parse_bound("end") if stop_at_end and end is None else None if end is None else parse_bound(end)
    window = await resolve_window(log, selection, first, bound, isolation=isolation)
    say = note or _say_nothing
    for remark in window.notes:
        say(remark)
    spans = [span for span in window.spans if partitions is None or span.partition in partitions]
    if isinstance(first, FromEnd):
        spans = await start_at_last_records(log, spans, first.count, window.ends, isolation=isolation)
    spans = [span for span in spans if span.stop is None or span.start < span.stop]
    changes = None
    if bound is None:
        changes = Changes(log, selection, window, isolation=isolation, partitions=partitions, say=say)
    warn = note or _logger.warning
    async with aclosing(_chunks(log, spans, changes, isolation, warn)) as chunks:
        async for chunk in chunks:
            for gap in chunk.gaps:
                warn(_missing(chunk, gap))
            if chunk.records.num_rows:
                yield chunk


async def _chunks(
    log: RecordLog, spans: list[Span], changes: Changes | None, isolation: Isolation, warn: Callable[[str], None]
) -> AsyncGenerator[Chunk, None]:
    silence = Silence()
    while spans:
        found: list[Span] = []
        reader = log.reader(spans, isolation=isolation)
        try:
            async with reader:
                while not reader.done and not found:
                    for chunk in await reader.read(READ_BYTES, READ_WAIT_MS):
                        yield chunk
                    if remark := silence.remark(reader.unanswered_s):
                        warn(remark)
                    found = [] if changes is None else await changes.look()
        except UnknownTopicError as error:
            if changes is None or not changes.goes_on_without(error):
                raise
        # A reader has the spans that it began with, so another one goes on where this one got to.
        places = reader.positions
        spans = [replace(span, start=places[TopicPartition(span.topic, span.partition)]) for span in spans]
        spans = [*(span for span in spans if changes is not None and changes.follows(span)), *found]


def _say_nothing(_: str) -> None:
    """Take the remarks of a caller who wants none."""


def _missing(chunk: Chunk, gap: Gap) -> str:
    place = partition_text(chunk.topic, chunk.partition)
    return f"{place}: {counted(gap.stop - gap.start, 'offset')} from {gap.start} could not be read: {gap.reason}"
