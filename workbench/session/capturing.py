"""Runs `Cluster.capture`: opens the snapshot file, makes the decoder, and shows progress in a notebook."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.capture import Beginning
from workbench.capture import capture as run_capture
from workbench.errors import ConfigurationError, WorkbenchError
from workbench.exploration.unread import note_unread
from workbench.model.feeds import Progress
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.session.conventions import own_conventions, topic_decoder
from workbench.session.opening import open_for_writing
from workbench.session.raw_bytes import raw_records
from workbench.session.schemas.capturing import live_decoder
from workbench.store.snapshot.raw_records import raw_records_path
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.live.search.result import SearchResult
    from workbench.model import Isolation
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.snapshot import Snapshot


async def capture(
    connection: ClusterConnection,
    topics: TopicsLike | SearchResult,
    *,
    into: str | os.PathLike[str] | Snapshot,
    start: BoundLike,
    end: BoundLike | None,
    isolation: Isolation,
    follow: bool,
    limit: int | None,
    conventions: Mapping[str, Mapping[str, Any]] | None,
    progress: Callable[[Progress], None] | bool | None,
) -> Snapshot:
    """Capture into a file or an open snapshot; see `Cluster.capture`."""
    if not isinstance(topics, str | list | tuple):
        # Names need no search, and it loads all functions of Arrow: a tenth of a command's start.
        from workbench.live.search.result import SearchResult

        if isinstance(topics, SearchResult):
            if follow or limit is not None or end is not None:
                raise ConfigurationError(
                    "The records of a search are stored as they are: leave follow, limit and end out."
                )
            from workbench.session.searching import store_found

            return await store_found(connection, topics, into=into, conventions=conventions)
    selection = parse_topics(topics)
    first, last = parse_bound(start), None if end is None else parse_bound(end)
    beginning = partial(Beginning, topics=selection, start=first, end=last, isolation=isolation, follow=follow)
    made = await asyncio.to_thread(_is_new, into)
    async with contextlib.AsyncExitStack() as stack:
        begun: Beginning | None = None
        if made and not connection.keeps_raw:
            # A new file holds nothing that the window could be older than, so that is looked up meanwhile.
            begun = await stack.enter_async_context(beginning(connection.log))
        snap, opened = await asyncio.to_thread(open_for_writing, into)
        snap.adopt(connection.tasks)

        def decoder(_: Sequence[str]) -> BulkDecoder:
            return live_decoder(topic_decoder(conventions), connection, snap.store)

        listener = _listener(connection, f"capture of {selection}", progress)
        try:
            async with _log_to_read(connection, snap) as log:
                if begun is None:
                    begun = await stack.enter_async_context(beginning(log))
                result = await run_capture(
                    begun,
                    snap.store,
                    decoder,
                    cluster=connection.name,
                    limit=limit,
                    progress=listener,
                )
        except BaseException:
            if opened:
                await asyncio.to_thread(_close_failed, snap, made=made)
            raise
    notes = await _notes(connection, snap, conventions)
    snap.last_capture = replace(result, notes=(*result.notes, *notes))
    return snap


async def _notes(
    connection: ClusterConnection, snap: Snapshot, conventions: Mapping[str, Mapping[str, Any]] | None
) -> Sequence[str]:
    """Say what a capture could not read, and what masking did."""
    own = own_conventions(conventions)
    notes = await asyncio.to_thread(note_unread, snap.store, own) if own else ()
    masked = sorted({source.topic for source in snap.store.sources() if connection.hides(source.topic)})
    if masked:
        notes = (*notes, f"{counted(len(masked), 'topic')} masked by [masking] of workbench.toml")
        if connection.keeps_raw:
            notes = (*notes, f"raw bytes of masked records are kept in {raw_records_path(snap.path).name}")
    return notes


@contextlib.asynccontextmanager
async def _log_to_read(connection: ClusterConnection, snap: Snapshot) -> AsyncIterator[RecordLog]:
    """Give the log of a capture: the one of the connection, or one that keeps the raw bytes of masked records."""
    raw = await asyncio.to_thread(raw_records, connection, snap.path)
    if raw is None:
        yield connection.log
        return
    try:
        yield connection.masked(connection.plain_log, partial(raw.add, connection.log.cluster_id))
    finally:
        await asyncio.to_thread(raw.close)


def _is_new(into: str | os.PathLike[str] | Snapshot) -> bool:
    return isinstance(into, str | os.PathLike) and not Path(into).exists()


def _close_failed(snap: Snapshot, *, made: bool) -> None:
    """Close the file of a capture that failed, and remove one that was made for it and holds nothing."""
    empty = False
    if made:
        with contextlib.suppress(WorkbenchError):
            empty = not snap.store.ranges_table().num_rows
    snap.close()
    if empty:
        snap.path.unlink(missing_ok=True)


def _listener(
    connection: ClusterConnection,
    name: str,
    progress: Callable[[Progress], None] | bool | None,  # noqa: FBT001 - a switch or a listener
) -> Callable[[Progress], None] | None:
    if callable(progress):
        return progress
    if progress is False or (progress is None and not _in_notebook()):
        return None
    feed = _Feed(name)
    from IPython.display import display

    from workbench.widgets import ProgressPanel

    panel = ProgressPanel(feed, supervisor=connection.tasks)
    display(panel)  # type: ignore[no-untyped-call]

    def note(progress: Progress) -> None:
        feed.progress = progress
        if progress.over:
            # No browser may be there to ask for the last state.
            panel.still.update(now=True)

    return note


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules and "IPython" in sys.modules


class _Feed:
    """Feeds a progress panel with the capture of the current task; implements `workbench.model.feeds.ProgressFeed`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.progress = Progress("waiting")
        self._task = asyncio.current_task()

    async def cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
