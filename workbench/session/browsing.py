"""Reads pages, single records and statistics of live topics, and explains records; see `Cluster.page`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.live.paging import MOST_RECORDS, PageSource, first_page
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound, parse_duration
from workbench.session.conventions import topic_decoder
from workbench.session.schemas.capturing import live_decoder
from workbench.text import is_position, number_text, parse_position

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.paging import Page
    from workbench.live.search.search import Search
    from workbench.live.topic_statistics import TopicStatistics
    from workbench.model import Isolation, Record
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection


async def page(
    connection: ClusterConnection,
    topics: TopicsLike,
    *,
    start: BoundLike | None,
    end: BoundLike | None,
    count: int,
    partition: int | None,
    isolation: Isolation,
) -> Page:
    """Read the page at a bound, or at the position of a record."""
    if isinstance(topics, str) and is_position(topics):
        if start is not None or end is not None or partition is not None:
            raise ConfigurationError(f"{topics} says where the page begins: leave out start=, end= and partition=.")
        topics, partition, start = parse_position(topics)
    bound = start if end is None else end
    if bound is None or (start is not None and end is not None):
        raise ConfigurationError("A page has one bound: start=… gives what is behind it, end=… what is before it.")
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_RECORDS:
        raise ConfigurationError(f"count={count!r} is no number from 1 to {number_text(MOST_RECORDS)}.")
    source = PageSource(connection.log, live_decoder(topic_decoder(), connection), isolation, count)
    return await first_page(
        source, parse_topics(topics), parse_bound(bound), backwards=end is not None, partition=partition
    )


async def record(connection: ClusterConnection, position: str, *, isolation: Isolation) -> Record:
    """Read one record."""
    from workbench.live.explanation.asking import record_page

    found = await record_page(connection.log, live_decoder(topic_decoder(), connection), position, isolation)
    return next(iter(found))


async def explain(
    connection: ClusterConnection,
    position: str,
    search: Callable[..., Search],
    *,
    topics: TopicsLike,
    around: str | timedelta,
    most_s: float,
    isolation: Isolation,
) -> Explanation:
    """Explain one record."""
    from workbench.live.explanation.asking import Question
    from workbench.live.explanation.asking import explain as ask

    question = Question(position, parse_duration(around), most_s, isolation)

    def related(where: str, *, start: BoundLike, end: BoundLike) -> Search:
        return search(topics, where=where, start=start, end=end, isolation=isolation)

    return await ask(connection.log, live_decoder(topic_decoder(), connection), question, related)


async def statistics(
    connection: ClusterConnection,
    topics: TopicsLike,
    *,
    start: BoundLike,
    end: BoundLike,
    limit: int,
    isolation: Isolation,
    progress: Callable[[int], None] | None,
) -> TopicStatistics:
    """Count a window of topics."""
    from workbench.live.statistics import StatisticsWindow, read_statistics

    window = StatisticsWindow(parse_topics(topics), parse_bound(start), parse_bound(end), isolation, limit)
    return await read_statistics(connection.log, window, live_decoder(topic_decoder(), connection), progress=progress)
