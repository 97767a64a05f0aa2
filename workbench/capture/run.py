"""Captures a window of topics into a snapshot, or follows them. Committed records survive whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.buffers.memory_pool import steady_allocation
from workbench.capture.additions import Additions, lost_text
from workbench.capture.identity import check_same_logs
from workbench.capture.partition_tasks import PartitionTask, enter, identify, waves
from workbench.capture.pipeline import LimitReachedError, Pipeline, in_thread
from workbench.capture.progress import CaptureProgress
from workbench.errors import StorageFullError, WorkbenchError
from workbench.model import TopicPartition
from workbench.store import Appender, CaptureHead
from workbench.store.segments.packing import AUTOMATIC_BYTES
from workbench.store.snapshot.captures import add_note, end_capture
from workbench.store.snapshot.ranges import explain_range
from workbench.telemetry import SPAN_CAPTURE, traced
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb

    from workbench.capture.beginning import Beginning
    from workbench.capture.window import Window
    from workbench.errors import UnknownTopicError
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.events.value_counts import ValueCounts
    from workbench.model.feeds import Progress
    from workbench.store import CaptureState, RangeKey, SnapshotStore


_NOTES_SHOWN = 3
"""Remarks about additions that the progress shows; the snapshot keeps all of them."""


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The result of a capture."""

    capture_id: str
    state: CaptureState
    reason: str | None
    records: int
    values: ValueCounts
    """How many of them have no envelope, are raw or damaged."""
    keys: tuple[RangeKey, ...]
    """Windows that it read; `SnapshotStore.ranges` tells the position of each."""
    notes: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why topics were left out; the others were captured."""

    def rows(self, store: SnapshotStore) -> list[dict[str, Any]]:
        """Return its offset ranges, and a row without offsets for each topic that was left out."""
        wanted = {(key.capture_id, key.source_id, key.partition, key.start) for key in self.keys}
        rows: list[dict[str, Any]] = store.ranges_table().to_pylist()
        kept = [r for r in rows if (r["capture_id"], r["source_id"], r["partition"], r["from"]) in wanted]
        return kept + [{"topic": name, "state": "failed", "reason": why} for name, why in self.refused.items()]


@traced(SPAN_CAPTURE)
async def capture(
    begun: Beginning,
    store: SnapshotStore,
    decoder_for: Callable[[Sequence[str]], BulkDecoder],
    *,
    cluster: str,
    limit: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> CaptureResult:
    """Capture a window; its ends were frozen when it began.

    It first finishes windows that earlier captures of the same sources left unfinished, then reads the requested
    offsets that are not stored yet. Reading, decoding and writing overlap. It never drops a record; it slows down.
    A capture that follows goes on with new records after the window, until cancelled or limited. Topics that begin to
    match a pattern, and partitions that are added, are then taken up within `additions.METADATA_S` seconds, from their
    start; a note says so. A topic that a pattern took, and that is deleted, ends as failed; the others go on.

    Args:
        begun: What to capture, entered as a context manager.
        store: A snapshot open for writing.
        decoder_for: Gives the decoder for the topics that were resolved, and for those that appear while it follows.
        cluster: Name of the cluster; stored beside its id.
        limit: Stop after this many records.
        progress: Called a few times a second.

    Raises:
        UnknownTopicError: A topic does not exist, or a pattern matches nothing.
        SnapshotError: The snapshot cannot take it (read-only, another isolation, a log that is not the stored one, a
            topic that is being captured into it already).
        StorageFullError: The disk is full; what was committed before is intact.
        BrokerUnavailableError: The brokers were unreachable for longer than the record log retries.
    """
    log, window = begun.log, await begun.window()
    names = [info.name for info in window.topics]
    head = CaptureHead(
        str(uuid.uuid4()),
        str(begun.topics),
        str(begun.start),
        "follow" if begun.end is None else str(begun.end),
        begun.isolation,
        begun.follow,
        window.notes,
    )
    sources = await in_thread(identify, store, window.topics, cluster_id=log.cluster_id, cluster=cluster)
    with contextlib.ExitStack() as locks:
        locks.enter_context(store.source_locks.hold({one.source_id: one.topic for one in sources.values()}))
        await check_same_logs(log, store, window, sources.values(), begun.isolation)
        bounded, following = await in_thread(enter, store, head, window, sources)
        shown = CaptureProgress([*bounded, *following], progress)
        additions = Additions(log, store, head, begun.topics, window=window, sources=sources, locks=locks)
        run = _Run(store, head, (bounded, following), shown, additions, window=window)
        pipeline = Pipeline(begun.reader, decoder_for(names), run.appender, shown, limit=limit)
        with steady_allocation():
            return await run.through(pipeline)


class _Run:
    """One running capture. However it ends, its windows get a state and a reason."""

    def __init__(
        self,
        store: SnapshotStore,
        head: CaptureHead,
        tasks: tuple[Sequence[PartitionTask], Sequence[PartitionTask]],
        progress: CaptureProgress,
        additions: Additions,
        *,
        window: Window,
    ) -> None:
        self.appender = Appender(store)
        self._store = store
        self._head = head
        self._bounded, self._following = tasks[0], list(tasks[1])
        self._progress = progress
        self._additions = additions
        self._window = window
        self._pipeline: Pipeline | None = None

    async def through(self, pipeline: Pipeline) -> CaptureResult:
        """Run the waves of bounded windows in order, then follow, and end the capture."""
        self._pipeline = pipeline
        self._progress.tell()
        try:
            cut = await self._read(pipeline)
            reason = "the limit of records was reached" if cut else None
            # Inside: the last rows may meet a full disk as any others.
            state = await in_thread(self._close, "complete", reason, keep=True, cut=cut)
        except asyncio.CancelledError:
            # What is buffered is whole and in order, so it is committed: a cancelled capture resumes after it.
            await in_thread(self._close, "cancelled", "cancelled", keep=True)
            self._progress.end("stopped", "cancelled; what was stored stays")
            raise
        except BaseException as error:
            # On a full disk the buffered rows cannot be written either; another error came from reading or decoding.
            keep = not isinstance(error, StorageFullError)
            with contextlib.suppress(WorkbenchError):
                await in_thread(self._close, "failed", str(error) or type(error).__name__, keep=keep)
            self._progress.end("failed", str(error))
            raise
        return await self._result(state, reason)

    async def _read(self, pipeline: Pipeline) -> bool:
        """Read all windows; whether the limit of records ended it."""
        try:
            for tasks in waves(self._bounded):
                await pipeline.run([task for task in tasks if not task.empty])
            if self._following:
                await pipeline.run(self._following, self._added, self._lose)
        except LimitReachedError:
            return True
        return False

    async def _added(self) -> Sequence[PartitionTask]:
        """Take up the topics and partitions that the selection got meanwhile."""
        known = len(self._additions.notes)
        tasks = await self._additions.look()
        for task in tasks:
            self._following.append(task)
            self._progress.add(task)
        if len(self._additions.notes) > known:
            self._say_notes()
        return tasks

    def _lose(self, error: UnknownTopicError) -> bool:
        """Tell whether to go on with the other topics after one was deleted."""
        if not self._additions.lose(error):
            return False
        self._say_notes()
        return True

    def _say_notes(self) -> None:
        self._progress.say("; ".join(self._additions.notes[-_NOTES_SHOWN:]))

    async def _result(self, state: CaptureState, reason: str | None) -> CaptureResult:
        if state == "incomplete":
            missing = (
                f"{counted(self._progress.missing, 'offset')} could not be read" if self._progress.missing else None
            )
            reason = "; ".join(filter(None, [reason, missing, *self._additions.lost.values()]))
        # The capture is complete without it; the segments stay where they are.
        with contextlib.suppress(StorageFullError):
            await in_thread(self._store.pack, max_bytes=AUTOMATIC_BYTES)
        self._progress.end("done", reason or "")
        return CaptureResult(
            self._head.capture_id,
            state,
            reason,
            self._progress.records,
            self._progress.values,
            tuple(task.key for task in (*self._bounded, *self._following)),
            (*self._head.notes, *self._additions.notes, *self._missing()),
            dict(self._window.refused),
        )

    def _missing(self) -> list[str]:
        """Say what the decoder could not get."""
        return [self._pipeline.remark] if self._pipeline is not None and self._pipeline.remark else []

    def _close(self, state: CaptureState, reason: str | None, *, keep: bool, cut: bool = False) -> CaptureState:
        reached = state

        def end(cursor: duckdb.DuckDBPyConnection) -> None:
            nonlocal reached
            reached = self._end(cursor, state, reason, cut=cut)

        if keep:
            self.appender.commit(end)
        else:
            self.appender.discard()
            with self._store.transaction() as cursor:
                end(cursor)
        return reached

    def _end(
        self, cursor: duckdb.DuckDBPyConnection, state: CaptureState, reason: str | None, *, cut: bool
    ) -> CaptureState:
        bounded = [task.key for task in self._bounded]
        gone = self._additions.lost
        lost = {task.key: gone[task.span.topic] for task in self._following if task.span.topic in gone}
        following = [task.key for task in self._following if task.key not in lost]
        reached = end_capture(
            cursor, self._head.capture_id, bounded, state, reason, following=following, lost=lost, cut=cut
        )
        for note in (*(lost_text(topic, why) for topic, why in gone.items()), *self._missing()):
            add_note(cursor, self._head.capture_id, note)
        if state == "complete" and not cut:
            for task in self._bounded:
                place = TopicPartition(task.span.topic, task.span.partition)
                if place in self._window.held and task.span.stop == self._window.ends[place]:
                    explain_range(cursor, task.key, self._window.held[place].text)
        return reached
