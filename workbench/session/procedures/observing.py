"""Observes a cluster by its address, for the command line: connects read-only, does one thing, and disconnects."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.session.connecting import connect

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.bus.topic_rows import TopicListing
    from workbench.live.search.result import SearchResult
    from workbench.model import Chunk
    from workbench.model.feeds import Progress
    from workbench.model.selecting.topic_selection import TopicsLike


async def list_topics(address: str | None, topics: TopicsLike = "*") -> TopicListing:
    """Describe topics, and count those that a pattern leaves out; see `Cluster.topics`.

    Args:
        address: The cluster; see `connect`.
        topics: Topics to describe. ``"*"`` on a cluster without topics is an empty listing.
    """
    from workbench.bus.topic_rows import topic_listing
    from workbench.model.selecting.topic_selection import parse_topics

    async with await connect(address) as cluster:
        return await topic_listing(cluster.log, parse_topics(topics))


async def follow_topics(
    address: str | None,
    topics: TopicsLike,
    show: Callable[[Chunk], bool | None],
    *,
    schema_registry: str | None = None,
    via: str = "kafka",
    **options: Any,
) -> None:
    """Read topics and hand on each chunk of records until ``show`` returns False or the end is reached.

    Args:
        address: The cluster; see `connect`.
        topics: Topics to read.
        show: Receives each chunk.
        schema_registry: URL of a schema registry: values that name a schema are shown as JSON.
        via: ``proxy`` reads through the HTTP proxy of the cluster, and connects to no broker.
        options: See `workbench.live.following.follow_chunks`.

    Raises:
        ConfigurationError: ``via`` is unknown, or ``proxy`` while a schema registry is named.
    """
    from workbench.session.watching.via_proxy import checked_via

    if checked_via(via) == "proxy":
        if schema_registry is not None:
            raise ConfigurationError("Values that name a schema are not read via the HTTP proxy: leave one out.")
        await _follow_via_proxy(address, topics, show, options)
        return
    from workbench.live.following import follow_chunks
    from workbench.session.schemas.shown_values import ShownValues

    async with await connect(address, schema_registry=schema_registry) as cluster:
        shown = None if schema_registry is None else ShownValues(cluster.schemas.decoder(), options.get("note"))
        async with aclosing(follow_chunks(cluster.log, topics, **options)) as chunks:
            async for chunk in chunks:
                if show(chunk if shown is None else await shown.of(chunk)) is False:
                    return


async def _follow_via_proxy(
    address: str | None, topics: TopicsLike, show: Callable[[Chunk], bool | None], options: dict[str, Any]
) -> None:
    from workbench.session.watching.via_proxy import follow_proxy

    async with aclosing(follow_proxy(address, topics, **options)) as chunks:
        async for chunk in chunks:
            if show(chunk) is False:
                return


async def capture_topics(
    address: str | None,
    topics: TopicsLike,
    into: str | os.PathLike[str],
    *,
    progress: Callable[[Progress], None],
    schema_registry: str | None = None,
    **options: Any,
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Capture topics into a snapshot file; return its offset ranges as dictionaries, and notes about the bounds.

    When it is cancelled what was read stays in the file; `newest_capture_rows` tells what that is.

    Args:
        address: The cluster; see `connect`.
        topics: Topics to capture.
        into: The snapshot file, created if it does not exist.
        progress: Receives the progress.
        schema_registry: URL of the schema registry, in place of the profile's.
        options: See `Cluster.capture`.
    """
    async with await connect(address, schema_registry=schema_registry) as cluster:
        with await cluster.capture(topics, into=into, progress=progress, **options) as snap:
            notes = () if snap.last_capture is None else snap.last_capture.notes
            return snap.last_capture_rows(), notes


async def search_topics(
    address: str | None,
    topics: TopicsLike,
    show: Callable[[Chunk], None],
    *,
    into: str | os.PathLike[str] | None = None,
    schema_registry: str | None = None,
    **options: Any,
) -> SearchResult:
    """Search topics and hand on each record when it is found; return the result.

    When it is cancelled the records that were handed on until then are all.

    Args:
        address: The cluster; see `connect`.
        topics: Topics to search.
        show: Receives each record that was found, as a chunk.
        into: A snapshot file for what was found.
        schema_registry: URL of the schema registry, in place of the profile's.
        options: See `Cluster.search`.
    """
    from workbench.live.search.columns import chunks_of

    def shown(rows: pa.Table) -> None:
        for chunk in chunks_of(rows):
            show(chunk)

    async with await connect(address, schema_registry=schema_registry) as cluster:
        search = cluster.search(topics, **options)
        search.on_found(shown)
        found = await search
        if into is not None and len(found):
            (await cluster.capture(found, into=into)).close()
        return found


def newest_capture_rows(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the offset ranges of the newest capture in a file, for one that was stopped, as dictionaries."""
    from workbench.session.opening import open_snapshot

    with open_snapshot(path) as snap:
        newest = snap.sql_arrow("SELECT capture_id FROM captures ORDER BY started_at DESC LIMIT 1").to_pylist()
        rows: list[dict[str, Any]] = snap.store.ranges_table().to_pylist()
    return [row for row in rows if {"capture_id": row["capture_id"]} in newest]
