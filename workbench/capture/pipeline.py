"""Reading, decoding and writing of one wave of windows, side by side, with a bounded queue between each two.

Memory is bounded by the reader's prefetch, the queues' items of at most `READ_BYTES`, and the appender's row group.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pyarrow as pa

from workbench.model import TopicPartition
from workbench.model.columns import RECORD
from workbench.store.segments.rows import count_undecodable, stored_rows
from workbench.store.snapshot.provenance import RangeUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from concurrent.futures import Executor

    from workbench.bus.protocols import RecordLog
    from workbench.capture.partition_tasks import PartitionTask
    from workbench.capture.progress import CaptureProgress
    from workbench.model import Chunk, Isolation, Span
    from workbench.model.decoding import BulkDecoder
    from workbench.store.snapshot.appending import Appender

P = ParamSpec("P")
T = TypeVar("T")

READ_BYTES = 8 << 20
READ_WAIT_MS = 500
PREFETCH_BYTES = 12 << 20
RAW_ITEMS = 2
DECODED_ITEMS = 4
DECODE_BYTES = 4 << 20
ENOUGH_ROWS = 4096
"""A call of the decoder costs as much as about a thousand rows."""


@dataclass(frozen=True, slots=True)
class DecodedChunk:
    """One chunk, decoded, with the window that it belongs to."""

    job: PartitionTask
    chunk: Chunk
    records: pa.Table
    events: pa.Table
    undecodable: int


class LimitReachedError(Exception):
    """As many records as were asked for are stored."""


class Pipeline:
    """Runs waves of windows through one appender."""

    def __init__(
        self,
        log: RecordLog,
        decoder: BulkDecoder,
        appender: Appender,
        progress: CaptureProgress,
        *,
        isolation: Isolation,
        limit: int | None,
    ) -> None:
        self._log = log
        self._decoder = decoder
        self._appender = appender
        self._progress = progress
        self._isolation: Isolation = isolation
        self._left = limit

    async def run(self, jobs: Sequence[PartitionTask]) -> None:
        """Read all windows of a wave to their end.

        Raises:
            LimitReachedError: The limit was reached first.
            WorkbenchError: What a stage met; what was appended before can still be committed.
        """
        by_place = {TopicPartition(job.span.topic, job.span.partition): job for job in jobs}
        raw: asyncio.Queue[list[Chunk] | None] = asyncio.Queue(RAW_ITEMS)
        decoded: asyncio.Queue[list[DecodedChunk] | None] = asyncio.Queue(DECODED_ITEMS)
        with ThreadPoolExecutor(1, "capture-decode") as decoding, ThreadPoolExecutor(1, "capture-write") as writing:
            try:
                async with asyncio.TaskGroup() as stages:
                    stages.create_task(self._read([job.span for job in jobs], raw), name="capture read")
                    stages.create_task(self._decode(by_place, raw, decoded, decoding), name="capture decode")
                    stages.create_task(self._write(decoded, writing), name="capture write")
            except BaseExceptionGroup as group:
                first = group.exceptions[0]
                raise first from first.__cause__

    async def _read(self, spans: Sequence[Span], raw: asyncio.Queue[list[Chunk] | None]) -> None:
        async with self._log.reader(spans, isolation=self._isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
            while not reader.done:
                chunks = await reader.read(READ_BYTES, READ_WAIT_MS)
                if chunks:
                    await raw.put(chunks)
        await raw.put(None)

    async def _decode(
        self,
        by_place: dict[TopicPartition, PartitionTask],
        raw: asyncio.Queue[list[Chunk] | None],
        decoded: asyncio.Queue[list[DecodedChunk] | None],
        thread: Executor,
    ) -> None:
        while (chunks := await _gathered(raw)) is not None:
            cut, ended = self._within_limit(chunks)
            await decoded.put(await _finished(_run_on(thread, self._decode_all, by_place, cut)))
            if ended:
                break
        await decoded.put(None)

    async def _write(self, decoded: asyncio.Queue[list[DecodedChunk] | None], thread: Executor) -> None:
        while True:
            try:
                async with asyncio.timeout(self._appender.due_s):
                    chunks = await decoded.get()
            except TimeoutError:
                await _finished(_run_on(thread, self._appender.commit))
                self._progress.tell()
                continue
            if chunks is None:
                break
            await _finished(_run_on(thread, self._append, chunks))
            if self._appender.due_s == 0:
                await _finished(_run_on(thread, self._appender.commit))
        if self._left == 0:
            raise LimitReachedError

    def _append(self, chunks: Sequence[DecodedChunk]) -> None:
        for one in chunks:
            chunk = one.chunk
            advance = RangeUpdate(
                one.job.key,
                chunk.next,
                chunk.records.num_rows,
                chunk.control,
                chunk.aborted,
                one.undecodable,
                chunk.gaps,
            )
            self._appender.append(advance, one.records, one.events)
            self._progress.note(one.job, chunk, one.undecodable)

    def _decode_all(self, by_place: dict[TopicPartition, PartitionTask], chunks: Sequence[Chunk]) -> list[DecodedChunk]:
        return list(self._decoded(by_place, chunks))

    def _decoded(
        self, by_place: dict[TopicPartition, PartitionTask], chunks: Sequence[Chunk]
    ) -> Iterator[DecodedChunk]:
        for own in _alike(chunks):
            topic = own[0].topic
            whole = pa.Table.from_batches([chunk.records for chunk in own], schema=RECORD)
            events = pa.Table.from_batches([self._decoder.decode(whole, topic)]) if whole.num_rows else None
            start = 0
            for chunk in own:
                job = by_place[TopicPartition(chunk.topic, chunk.partition)]
                rows = chunk.records.num_rows
                yield _decoded_chunk(
                    job, chunk, whole.slice(start, rows), None if events is None else events.slice(start, rows)
                )
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
                last = int(cut.column("offset")[cut.num_rows - 1].as_py())
                kept.append(replace(chunk, records=cut, next=last + 1, control=0, aborted=0, gaps=()))
                self._left = 0
            return kept, True
        return kept, self._left == 0


def _alike(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """Chunks of one topic that are decoded at once: small ones together, large ones alone, which copies nothing."""
    waiting: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        if chunk.records.num_rows >= ENOUGH_ROWS:
            yield from [waiting.pop(chunk.topic)] if chunk.topic in waiting else []
            yield [chunk]
        else:
            waiting[chunk.topic].append(chunk)
    yield from waiting.values()


async def _gathered(raw: asyncio.Queue[list[Chunk] | None]) -> list[Chunk] | None:
    """Take what is waiting, up to `DECODE_BYTES`: a call of the decoder costs by itself, whatever it decodes."""
    chunks = await raw.get()
    if chunks is None:
        return None
    gathered, size = list(chunks), sum(chunk.records.nbytes for chunk in chunks)
    while size < DECODE_BYTES and not raw.empty():
        more = raw.get_nowait()
        if more is None:
            raw.put_nowait(None)
            break
        gathered += more
        size += sum(chunk.records.nbytes for chunk in more)
    return gathered


async def in_thread(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run ``work`` in a thread; when cancelled, wait for its end first, so that nothing goes on behind our back."""
    return await _finished(asyncio.to_thread(work, *args, **options))


async def _run_on(thread: Executor, work: Callable[..., T], *args: Any) -> T:
    """Run ``work`` in a stage's own thread: allocators keep memory by thread, so a stage finds its own again."""
    inside = partial(contextvars.copy_context().run, work, *args)
    return await asyncio.get_running_loop().run_in_executor(thread, inside)


async def _finished(running: Coroutine[Any, Any, T]) -> T:
    """Wait for work in a thread to its end, even when cancelled meanwhile."""
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


def _decoded_chunk(job: PartitionTask, chunk: Chunk, records: pa.Table, events: pa.Table | None) -> DecodedChunk:
    if events is None or not records.num_rows:
        return DecodedChunk(job, chunk, records.slice(0, 0), records.slice(0, 0), 0)
    stored = stored_rows(job.source.source_id, records, events)
    return DecodedChunk(job, chunk, *stored, count_undecodable(events))
