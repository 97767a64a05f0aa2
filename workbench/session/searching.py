"""Makes the searches of `Cluster.search`, and stores what one found for `Cluster.capture`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.live.search.columns import chunks_of
from workbench.live.search.query import make_query
from workbench.live.search.search import Search, SearchOptions
from workbench.model.events.decoding import prepare
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.session.conventions import topic_decoder
from workbench.session.opening import open_for_writing
from workbench.session.schemas.capturing import live_decoder
from workbench.store.transfer import import_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from workbench.live.search.result import SearchResult
    from workbench.model import Isolation
    from workbench.model.feeds import Progress
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.snapshot import Snapshot
    from workbench.widgets import CausationGraph


def search(
    connection: ClusterConnection,
    topics: TopicsLike,
    conditions: Mapping[str, Any],
    *,
    start: BoundLike,
    end: BoundLike,
    limit: int,
    newest_first: bool,
    isolation: Isolation,
    conventions: Mapping[str, Mapping[str, Any]] | None,
    progress: Callable[[Progress], None] | None,
    viewer: Callable[..., CausationGraph] | None,
) -> Search:
    """Make a search; see `Cluster.search`."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigurationError(f"limit={limit!r} is no number of records; give 1 or more.")
    options = SearchOptions(
        parse_topics(topics), parse_bound(start), parse_bound(end), isolation, limit, newest_first, connection.name
    )
    return Search(
        connection.log,
        make_query(**conditions),
        live_decoder(topic_decoder(conventions), connection),
        options,
        progress=progress,
        viewer=viewer,
        hides=connection.hides,
    )


async def store_found(
    connection: ClusterConnection,
    found: SearchResult,
    *,
    into: str | os.PathLike[str] | Snapshot,
    conventions: Mapping[str, Mapping[str, Any]] | None,
) -> Snapshot:
    """Store the records of a search in a snapshot, exactly those; see `Cluster.capture`."""
    snap, opened = await asyncio.to_thread(open_for_writing, into)
    snap.adopt(connection.tasks)
    try:
        decoder = live_decoder(topic_decoder(conventions), connection, snap.store)
        await prepare(decoder, chunks_of(found.table))
        await asyncio.to_thread(
            import_rows, snap.store, found.exported(), decoder, name=found.scope.query, how="found by a search"
        )
    except BaseException:
        if opened:
            await asyncio.to_thread(snap.close)
        raise
    return snap
