"""Reads records one by one, for `Cluster.records` and ``workbench tail``, without a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from workbench.bus.protocols import RecordLog
    from workbench.model import Isolation, Record
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike


async def follow_records(
    log: RecordLog,
    topics: TopicsLike,
    *,
    start: BoundLike = "end",
    end: BoundLike | None = None,
    stop_at_end: bool = False,
    isolation: Isolation = "read_committed",
) -> AsyncGenerator[Record, None]:
    """Yield records in offset order within each partition; see `Cluster.records`.

    Args:
        log: An open record log.
        topics: Topics to read.
        start: Where to begin.
        end: Where to stop, exclusive; resolved to offsets once, at the start. Without it reading never stops.
        stop_at_end: Stop at the offsets that are the end now; the same as ``end="end"``.
        isolation: Isolation level of the reads.
    """
    from workbench.capture.window import resolve_spans

    bound = parse_bound("end") if stop_at_end and end is None else None if end is None else parse_bound(end)
    spans = await resolve_spans(log, parse_topics(topics), parse_bound(start), bound, isolation=isolation)
    async with log.reader(spans, isolation=isolation) as reader:
        while not reader.done:
            for chunk in await reader.read(4 << 20, 200):
                for record in chunk.rows():
                    yield record
