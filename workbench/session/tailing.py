"""A live tail of a cluster: topics resolved when it starts, decoded in bulk, shown in a widget."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from workbench.live.tail import TailFeed
from workbench.model.topic_selection import parse_topics
from workbench.model.window import parse_bound
from workbench.session.conventions import decoder_for

if TYPE_CHECKING:
    from workbench.model import Isolation, Span
    from workbench.model.topic_selection import TopicsLike
    from workbench.model.window import BoundLike
    from workbench.session.cluster import Cluster
    from workbench.widgets import LiveTail

_numbers = count(1)


def tail(
    cluster: Cluster,
    topics: TopicsLike,
    *,
    start: BoundLike,
    isolation: Isolation,
    limit_rows: int,
    **options: Any,
) -> LiveTail:
    """Start a tail as a task of the cluster and show it; see `Cluster.tail`."""
    from workbench.capture.window import resolve_spans
    from workbench.widgets import LiveTail

    cluster._check_open()  # noqa: SLF001 - the facade's other half
    selection, begin = parse_topics(topics), parse_bound(start)

    async def spans() -> list[Span]:
        return await resolve_spans(cluster.log, selection, begin, isolation=isolation)

    feed = TailFeed(
        cluster.log,
        spans,
        name=f"{selection} on {cluster.name} ({next(_numbers)})",
        supervisor=cluster.tasks,
        decoder=decoder_for(()),
        isolation=isolation,
        limit_rows=limit_rows,
    )
    feed.start()
    return LiveTail(feed, supervisor=cluster.tasks, **options)
