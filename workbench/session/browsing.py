"""Reads pages and statistics of live topics; see `Cluster.page` and `Cluster.statistics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.live.paging import MOST_RECORDS, PageSource, first_page
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.session.conventions import topic_decoder
from workbench.session.schemas.capturing import live_decoder
from workbench.text import number_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.live.paging import Page
    from workbench.live.topic_statistics import TopicStatistics
    from workbench.model import Isolation
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
    isolation: Isolation,
) -> Page:
    """Read the page at a bound."""
    bound = start if end is None else end
    if bound is None or (start is not None and end is not None):
        raise ConfigurationError("A page has one bound: start=… gives what is behind it, end=… what is before it.")
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_RECORDS:
        raise ConfigurationError(f"count={count!r} is no number from 1 to {number_text(MOST_RECORDS)}.")
    source = PageSource(connection.log, live_decoder(topic_decoder(), connection), isolation, count)
    return await first_page(source, parse_topics(topics), parse_bound(bound), backwards=end is not None)


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
