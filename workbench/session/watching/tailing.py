"""Runs `Cluster.tail`: starts a task that reads and decodes records, and shows them in a live table."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from workbench.config.memory_limits import tail_memory_bytes
from workbench.live.memory import shared as budget
from workbench.live.partitions import new_spans
from workbench.live.tail import TailFeed
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.session.conventions import topic_decoder
from workbench.session.schemas.capturing import live_decoder
from workbench.session.watching.replacing import shown
from workbench.session.watching.via_proxy import checked_via, log_via_proxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model import Isolation, Span, TopicPartition
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.widgets import LiveTail

_numbers = count(1)


def tail(
    connection: ClusterConnection,
    topics: TopicsLike,
    *,
    start: BoundLike,
    isolation: Isolation,
    limit_rows: int,
    via: str = "kafka",
    **options: Any,
) -> LiveTail:
    """Start a task that follows topics, and return the table that shows it; see `Cluster.tail`."""
    from workbench.capture.window import resolve_spans
    from workbench.widgets import LiveTail

    selection, first = parse_topics(topics), parse_bound(start)
    log, provenance = connection.log, None
    if checked_via(via) == "proxy":
        proxy_log = log_via_proxy(connection.http_proxy(), selection, first)
        log, provenance, isolation = connection.masked(proxy_log), lambda: proxy_log.provenance, "read_uncommitted"

    async def spans() -> list[Span]:
        return await resolve_spans(log, selection, first, isolation=isolation)

    async def discover(known: Sequence[TopicPartition]) -> list[Span]:
        return await new_spans(log, selection, known)

    name = options.pop("name", None)
    label = name or f"{selection} on {connection.name}"
    feed = TailFeed(
        log,
        spans,
        name=label,
        number=next(_numbers),
        supervisor=connection.tasks,
        discover=discover,
        decoder=live_decoder(topic_decoder(), connection),
        isolation=isolation,
        limit_rows=limit_rows,
        budget=budget,
        provenance=provenance,
    )
    budget.limit(tail_memory_bytes())
    view = LiveTail(feed, supervisor=connection.tasks, **options)
    # Only now: a wrong option has raised before anything was ended or read.
    key = label if name else f"{label} {first} {isolation} {via} {options}"
    shown.end_former(key, named=bool(name))
    feed.start()
    shown.add(view, key)
    return view
