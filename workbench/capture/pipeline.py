"""The stages of a capture: read, decode, write. They run at the same time, with a bounded queue between two stages.

Memory is bounded by the reader's prefetch, by the queues (`RAW_ITEMS` items of about `READ_BYTES`, `DECODED_ITEMS` of
about `DECODE_BYTES`), where values are large by `HELD_BYTES` in all stages together, and by the appender's row group. A
full queue blocks the stage before it, and a blocked read stage stops fetching: so a slow disk slows the reading down,
and no record is dropped.
"""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

import pyarrow as pa

from workbench.bus.silence import Silence
from workbench.capture.byte_budget import ByteBudget
from workbench.capture.chunk_groups import decoding_groups
from workbench.errors import UnknownTopicError
from workbench.model import TopicPartition
from workbench.model.events.decoding import prepare
from workbench.model.events.value_counts import ValueCounts, count_values
from workbench.model.records.columns import RECORD
from workbench.store import RangeUpdate
from workbench.store.segments.stored_rows import stored_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
    from concurrent.futures import Executor

    from workbench.bus.protocols import Reader
    from workbench.capture.partition_tasks import PartitionTask
    from workbench.capture.progress import CaptureProgress
    from workbench.model import Chunk, Span
    from workbench.model.events.decoding import BulkDecoder
    from workbench.store import Appender

    ReaderOf: TypeAlias = Callable[[Sequence[Span]], Awaitable[Reader]]
    MoreTasks: TypeAlias = Callable[[], Awaitable[Sequence[PartitionTask]]]
    LoseTopic: TypeAlias = Callable[[UnknownTopicError], bool]

P = ParamSpec("P")
T = TypeVar("T")

READ_BYTES = 8 << 20
FIRST_READ_BYTES = 1 << 20
"""Less at first, so that the next stages begin sooner."""
READ_WAIT_MS = 500
RAW_ITEMS = 2
DECODED_ITEMS = 4
DECODE_BYTES = 4 << 20
HELD_BYTES = 64 << 20
"""Raw bytes between reading and writing; a chunk that is larger passes alone."""


@dataclass(frozen=True, slots=True)
class DecodedChunk:
    """A chunk with its stored rows, and the task that it belongs to."""

    task: PartitionTask
    chunk: Chunk
    records: pa.Table
    events: pa.Table
    values: ValueCounts
    size_bytes: int
    """Of both tables, about."""


class LimitReachedError(Exception):
    """The requested number of records is stored."""


class Pipeline:
    """Runs the waves of one capture through the stages, into one appender."""

    def __init__(
        self,
        reader_of: ReaderOf,
        decoder: BulkDecoder,
        appender: Appender,
        progress: CaptureProgress,
        *,
        limit: int | None,
    ) -> None:
        self._reader_of = reader_of
        self._decoder = decoder
        self._appender = appender
        self._progress = progress
        self._left = limit
        self._budget = ByteBudget(HELD_BYTES)
        self.remark = ""
        """What the decoder could not get, such as schemas; empty where nothing is missing."""

    async def run(
        self, tasks: Sequence[PartitionTask], more: MoreTasks | None = None, lose: LoseTopic | None = None
    ) -> None:
        """Capture all windows of a wave to their end.

        Args:
            tasks: The windows, at most one for each partition.
            more: Asked again and again for windows to read as well, while the wave follows its logs.
            lose: Told of a topic that is gone; returns whether to go on with the others.

        Raises:
            LimitReachedError: The limit was reached first.
            WorkbenchError: A stage failed; what was appended before can still be committed.
        """
        by_partition = {_place(task.span): task for task in tasks}
        self._appender.draining = False
        raw: asyncio.Queue[list[Chunk] | None] = asyncio.Queue(RAW_ITEMS)
        decoded: asyncio.Queue[list[DecodedChunk] | None] = asyncio.Queue(DECODED_ITEMS)
        # One thread for each stage: chunks stay in offset order, and the appender is used by one thread only.
        with ThreadPoolExecutor(1, "capture-decode") as decoding, ThreadPoolExecutor(1, "capture-write") as writing:
            try:
                async with asyncio.TaskGroup() as stages:
                    stages.create_task(self._read(by_partition, raw, more, lose), name="capture read")
                    stages.create_task(self._decode(by_partition, raw, decoded, decoding), name="capture decode")
                    stages.create_task(self._write(decoded, writing), name="capture write")
            except BaseExceptionGroup as group:
                # The first failure cancelled the other stages; callers catch it by its own type.
                first = group.exceptions[0]
                raise first from first.__cause__

    async def _read(
        self,
        by_partition: dict[TopicPartition, PartitionTask],
        raw: asyncio.Queue[list[Chunk] | None],
        more: MoreTasks | None,
        lose: LoseTopic | None,
    ) -> None:
        spans = [task.span for task in by_partition.values()]
        silence, size = Silence(), min(FIRST_READ_BYTES, READ_BYTES)
        while spans:
            added: Sequence[PartitionTask] = ()
            lost = ""
            async with await self._reader_of(spans) as reader:
                try:
                    while not reader.done and not added:
                        chunks = await reader.read(size, READ_WAIT_MS)
                        if chunks:
                            size = READ_BYTES
                            await self._budget.take(_size(chunks))
                            await raw.put(chunks)
                        if remark := silence.remark(reader.unanswered_s):
                            self._progress.say(remark)
                        added = await more() if more is not None else ()
                except UnknownTopicError as error:
                    if lose is None or not lose(error):
                        raise
                    lost = error.topic
                # A reader has the spans that it began with, so another one goes on where this one got to.
                left = [span for span in spans if span.topic != lost] if added or lost else []
                spans = [replace(span, start=reader.positions[_place(span)]) for span in left]
            for task in added:
                by_partition[_place(task.span)] = task
                spans.append(task.span)
        # None marks the end of the data. A stage that fails sends none: the task group cancels its neighbours.
        await raw.put(None)

    async def _decode(
        self,
        by_partition: dict[TopicPartition, PartitionTask],
        raw: asyncio.Queue[list[Chunk] | None],
        decoded: asyncio.Queue[list[DecodedChunk] | None],
        thread: Executor,
    ) -> None:
        while (chunks := await _waiting_chunks(raw)) is not None:
            cut, ended = self._within_limit(chunks)
            await self._prepare(cut)
            await decoded.put(await _finished(_run_on(thread, self._decode_all, by_partition, cut)))
            if ended:
                break
        # The threads before it have nothing to do any more.
        self._appender.draining = True
        await decoded.put(None)

    async def _prepare(self, chunks: Sequence[Chunk]) -> None:
        """Fetch the schemas of these records; what is missing is said when it becomes known."""
        remark = await prepare(self._decoder, chunks)
        if remark and remark != self.remark:
            self._progress.say(remark)
        self.remark = remark or self.remark

    async def _write(self, decoded: asyncio.Queue[list[DecodedChunk] | None], thread: Executor) -> None:
        while True:
            try:
                # Rows must become durable even when no new ones come, so the wait ends when the next commit is due.
                async with asyncio.timeout(self._appender.due_s):
                    chunks = await decoded.get()
            except TimeoutError:
                await _finished(_run_on(thread, self._appender.commit))
                self._progress.tell()
                continue
            if chunks is None:
                break
            await _finished(_run_on(thread, self._append, chunks))
            self._budget.give_back(_size([one.chunk for one in chunks]))
            if self._appender.due_s == 0:
                await _finished(_run_on(thread, self._appender.commit))
        if self._left == 0:
            # Raised by the last stage: all records within the limit have been appended before it.
            raise LimitReachedError

    def _append(self, chunks: Sequence[DecodedChunk]) -> None:
        for one in chunks:
            chunk = one.chunk
            # `next` passes control records, aborted data and compaction gaps: a window may end without a record there.
            update = RangeUpdate(
                one.task.key,
                chunk.next,
                chunk.records.num_rows,
                chunk.control,
                chunk.aborted,
                one.values,
                chunk.gaps,
            )
            self._appender.append(update, one.records, one.events, one.size_bytes)
            self._progress.note(one.task, chunk, one.values)

    def _decode_all(
        self, by_partition: dict[TopicPartition, PartitionTask], chunks: Sequence[Chunk]
    ) -> list[DecodedChunk]:
        return list(self._decoded(by_partition, chunks))

    def _decoded(
        self, by_partition: dict[TopicPartition, PartitionTask], chunks: Sequence[Chunk]
    ) -> Iterator[DecodedChunk]:
        for own in decoding_groups(chunks):
            whole = pa.Table.from_batches([chunk.records for chunk in own], schema=RECORD)
            parts = [chunk.records.num_rows for chunk in own]
            tasks = [by_partition[TopicPartition(chunk.topic, chunk.partition)] for chunk in own]
            if not whole.num_rows:
                yield from (
                    DecodedChunk(task, chunk, whole, whole, ValueCounts(), 0)
                    for task, chunk in zip(tasks, own, strict=True)
                )
                continue
            decoded = self._decoder.decode(whole, own[0].topic)
            # All are of one topic, so of one source: what a call costs is spread over the rows of all these chunks.
            records, events = stored_rows(tasks[0].source.source_id, whole, decoded)
            counts = count_values(decoded, parts)
            # Decoded columns are new, so their buffers can be counted whole, in a moment.
            row_bytes = (records.nbytes + decoded.get_total_buffer_size()) / whole.num_rows
            start = 0
            for task, chunk, rows, counted in zip(tasks, own, parts, counts, strict=True):
                stored = records.slice(start, rows), events.slice(start, rows)
                yield DecodedChunk(task, chunk, *stored, counted, round(rows * row_bytes))
                start += rows

    def _within_limit(self, chunks: Sequence[Chunk]) -> tuple[list[Chunk], bool]:
        if self._left is None:
            return list(chunks), False
        kept: list[Chunk] = []
        for chunk in chunks:
            rows = chunk.records.num_rows
            if rows <= self._left:
                self._left -= rows
                kept.append(chunk)
                continue
            if self._left:
                cut = chunk.records.slice(0, self._left)
                kept.append(_cut(chunk, cut))
                self._left = 0
            return kept, True
        return kept, self._left == 0


def _cut(chunk: Chunk, records: pa.RecordBatch) -> Chunk:
    """Cut a chunk after some of its records. Its counts say not where; the offsets before the cut share them out."""
    end = int(records.column("offset")[records.num_rows - 1].as_py()) + 1
    gaps = tuple(replace(gap, stop=min(gap.stop, end)) for gap in chunk.gaps if gap.start < end)
    without = end - chunk.start - records.num_rows - sum(gap.stop - gap.start for gap in gaps)
    control = min(chunk.control, without)
    aborted = min(chunk.aborted, without - control)
    return replace(chunk, records=records, next=end, control=control, aborted=aborted, gaps=gaps)


def _size(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.records.nbytes for chunk in chunks)


def _place(span: Span) -> TopicPartition:
    return TopicPartition(span.topic, span.partition)


async def _waiting_chunks(raw: asyncio.Queue[list[Chunk] | None]) -> list[Chunk] | None:
    """Take the chunks in the queue, up to about `DECODE_BYTES`: each call of the decoder has a fixed cost."""
    chunks = await raw.get()
    if chunks is None:
        return None
    gathered, size = list(chunks), _size(chunks)
    while size < DECODE_BYTES and not raw.empty():
        more = raw.get_nowait()
        if more is None:
            # Put the end mark back for the next call; the queue has room, since an item was just taken.
            raw.put_nowait(None)
            break
        gathered += more
        size += _size(more)
    return gathered


async def in_thread(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run ``work`` in a thread. When cancelled, wait for its end first: a thread cannot be interrupted."""
    return await _finished(asyncio.to_thread(work, *args, **options))


async def _run_on(thread: Executor, work: Callable[..., T], *args: Any) -> T:
    """Run ``work`` in the thread of a stage: allocators cache freed memory by thread, so a stage gets its own back."""
    inside = partial(contextvars.copy_context().run, work, *args)
    return await asyncio.get_running_loop().run_in_executor(thread, inside)


async def _finished(running: Coroutine[Any, Any, T]) -> T:
    """Wait for work in a thread to its end, even when cancelled meanwhile.

    A half-written row group or transaction must not be left running while the capture is closed around it. The
    cancellation is raised again afterwards, so it is delayed, never lost.
    """
    task = asyncio.ensure_future(running)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()
