"""Searches a window of live topics. Nothing is stored but the records that match.

Reading, matching and decoding overlap: the reader fetches and parses in its own threads, while earlier records are
matched in others. Memory is bounded by the reader's prefetch, by the batches in flight, and by the records that are
kept.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from workbench.buffers.memory_pool import steady_allocation
from workbench.bus.silence import Silence
from workbench.capture.chunk_groups import decoding_groups
from workbench.capture.window import resolve_window
from workbench.errors import ValidationError
from workbench.live.search.columns import records_of
from workbench.live.search.found import FoundRecords
from workbench.live.search.matcher import Matcher
from workbench.live.search.progress import SearchProgress
from workbench.live.search.pruning import spans_of_key
from workbench.live.search.result import SearchResult, SearchScope
from workbench.live.search.windows import steps_back
from workbench.model.events.decoding import prepare
from workbench.model.records.columns import RECORD
from workbench.model.records.record import TopicPartition
from workbench.text import counted, partition_text, visible

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Sequence
    from typing import Any

    from workbench.bus.partitioner_detection import PartitionerVerdict
    from workbench.bus.protocols import RecordLog
    from workbench.capture.window import Window
    from workbench.live.search.matcher import Matched
    from workbench.live.search.query import SearchQuery
    from workbench.model import Chunk, Isolation, Record, Span
    from workbench.model.events.decoding import ValueDecoder
    from workbench.model.feeds import Progress
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.selecting.window import Bound
    from workbench.widgets import CausationGraph

READ_BYTES = 8 << 20
READ_WAIT_MS = 200
PREFETCH_BYTES = 12 << 20
MOST_WORKERS = 4
MOST_FOUND_BYTES = 256 << 20
"""Bytes of found records that are kept; a search stops when it holds more."""
_NAMED = 5
"""Topics that a note names."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Where a search looks, and when it ends.

    Attributes:
        topics: Topics to search.
        start: First bound.
        end: Exclusive last bound, resolved once.
        isolation: As the reader's.
        limit: Most records that are kept.
        newest_first: Whether it walks from the end back to the start.
        cluster: Name of the cluster, for the provenance.
    """

    topics: TopicSelection
    start: Bound
    end: Bound
    isolation: Isolation = "read_committed"
    limit: int = 10_000
    newest_first: bool = False
    cluster: str = ""


class Search:
    """One search. Await it for its result; or iterate over it, and each record comes when it is found.

    Args:
        log: An open record log.
        query: What to look for.
        decoder: Decodes records as far as the conditions need it, and those that are found.
        options: Where to look, and when to end.
        progress: Called a few times a second.
        viewer: Draws causal graphs of the result.
    """

    def __init__(
        self,
        log: RecordLog,
        query: SearchQuery,
        decoder: ValueDecoder,
        options: SearchOptions,
        *,
        progress: Callable[[Progress], None] | None = None,
        viewer: Callable[..., CausationGraph] | None = None,
        hides: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._log = log
        self._hides = hides
        self._query = query
        self._decoder = decoder
        self._options = options
        self._listener = progress
        self._found_listeners: list[Callable[[pa.Table], None]] = []
        self._viewer = viewer
        self._found = FoundRecords(options.limit, newest_first=options.newest_first, most_bytes=MOST_FOUND_BYTES)
        self._progress = SearchProgress((), backwards=options.newest_first, listener=progress)
        self._matchers: list[Matcher] = []
        self._idle: queue.SimpleQueue[Matcher] = queue.SimpleQueue()
        self._silence = Silence()
        self._remark = ""
        self._stopped = ""
        self._begun = False
        self.result: SearchResult | None = None
        """The result, also of a search that was stopped or that failed; None before it has ended."""

    @property
    def progress(self) -> Progress:
        """How far it is, by partition: counts of records scanned, matched and undecoded."""
        return self._progress.progress

    def on_found(self, listener: Callable[[pa.Table], None]) -> None:
        """Call a function with the rows of `SEARCHED` that are found, soon after each batch."""
        self._found_listeners.append(listener)

    def cancel(self) -> None:
        """End it soon; awaiting it then gives what was found until now. Does nothing to one that has ended."""
        self._stopped = self._stopped or "it was cancelled"
        for matcher in self._matchers:
            matcher.cancel()

    def __await__(self) -> Generator[Any, None, SearchResult]:
        return self._run().__await__()

    async def __aiter__(self) -> AsyncIterator[Record]:
        arrived: asyncio.Queue[pa.Table | None] = asyncio.Queue()
        self.on_found(arrived.put_nowait)
        task = asyncio.ensure_future(self._run())
        task.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (rows := await arrived.get()) is not None:
                for record in records_of(rows):
                    yield record
            await task
        finally:
            if not task.done():
                self.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> SearchResult:
        if self._begun:
            raise RuntimeError("This search was run already; its result is its attribute result. Make another one.")
        self._begun = True
        workers = min(MOST_WORKERS, os.cpu_count() or 1)
        try:
            # Before anything is read: a condition that cannot be used says so at once.
            for _ in range(workers):
                matcher = await asyncio.to_thread(Matcher, self._query, self._decoder)
                self._matchers.append(matcher)
                self._idle.put(matcher)
            threads = ThreadPoolExecutor(workers, "search")
            try:
                with steady_allocation():
                    return await self._search(threads)
            finally:
                # A batch in a thread cannot be interrupted, and must not outlive its matcher.
                await asyncio.to_thread(threads.shutdown, cancel_futures=True)
        finally:
            for matcher in self._matchers:
                matcher.close()

    async def _search(self, threads: ThreadPoolExecutor) -> SearchResult:
        options = self._options
        window = await resolve_window(
            self._log, options.topics, options.start, options.end, isolation=options.isolation
        )
        spans = [span for span in window.spans if span.start < (span.stop or 0)]
        notes, partitioners = window.notes, dict[str, "PartitionerVerdict"]()
        if self._query.key is not None:
            counts = {info.name: len(info.partitions) for info in window.topics}
            pruned = await spans_of_key(self._log, spans, counts, self._query.key, isolation=options.isolation)
            spans, partitioners, notes = pruned.spans, dict(pruned.partitioners), (*pruned.notes, *notes)
        self._progress = SearchProgress(spans, backwards=options.newest_first, listener=self._listener)
        self._progress.tell()
        finish = partial(self._finish, window, notes, partitioners)
        try:
            async for step in self._steps(spans):
                await self._read(step, threads)
                self._end_step(step)
                if self._stopped:
                    break
        except asyncio.CancelledError:
            finish("it was cancelled", "stopped")
            raise
        except BaseException as error:
            finish(str(error).rstrip(".") or type(error).__name__, "failed")
            raise
        return finish(self._stopped, "done")

    async def _steps(self, spans: list[Span]) -> AsyncIterator[list[Span]]:
        if not self._options.newest_first:
            if spans:
                yield spans
            return
        now_ms = time.time_ns() // 1_000_000
        async for step in steps_back(self._log, spans, now_ms, isolation=self._options.isolation):
            yield step

    async def _read(self, spans: Sequence[Span], threads: ThreadPoolExecutor) -> None:
        """Read spans to their end, or until there is a reason to stop."""
        waiting: deque[tuple[asyncio.Future[Matched | None], list[Chunk]]] = deque()
        log, most = self._log, len(self._matchers) + 1
        async with log.reader(spans, isolation=self._options.isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
            while not reader.done and not self._stopped:
                chunks = await reader.read(READ_BYTES, READ_WAIT_MS)
                await self._prepare(chunks)
                for group in decoding_groups(chunks):
                    waiting.append((self._submitted(threads, group), group))
                    while len(waiting) >= most:
                        await self._take(*waiting.popleft())
                if remark := self._silence.remark(reader.unanswered_s):
                    self._progress.say(remark)
            while waiting:
                await self._take(*waiting.popleft())

    async def _prepare(self, chunks: Sequence[Chunk]) -> None:
        remark = await prepare(self._decoder, chunks) if chunks else ""
        if remark and remark != self._remark:
            self._remark = remark
            self._progress.say(remark)

    def _submitted(self, threads: ThreadPoolExecutor, chunks: Sequence[Chunk]) -> asyncio.Future[Matched | None]:
        inside = partial(contextvars.copy_context().run, self._matched, chunks)
        coming = asyncio.get_running_loop().run_in_executor(threads, inside)
        # A condition that fails on one batch fails on those behind it, too; nobody awaits them any more.
        coming.add_done_callback(lambda done: done.cancelled() or done.exception())
        return coming

    def _matched(self, chunks: Sequence[Chunk]) -> Matched | None:
        whole = pa.Table.from_batches([chunk.records for chunk in chunks], schema=RECORD)
        if not whole.num_rows or self._stopped:
            return None
        matcher = self._idle.get()
        try:
            return matcher.match(chunks[0].topic, whole.combine_chunks().to_batches()[0])
        finally:
            self._idle.put(matcher)

    async def _take(self, coming: asyncio.Future[Matched | None], chunks: list[Chunk]) -> None:
        """Keep what a batch gave, in the order in which batches were read."""
        try:
            matched = await coming
        except ValidationError:
            if not self._stopped:
                raise
            return
        if self._stopped:
            return
        stops: dict[int, int] = {}
        if matched is not None:
            kept, stops = self._found.take(matched.found)
            self._tell_found(kept)
        for chunk in chunks:
            self._note(chunk, matched, stops.get(chunk.partition))
        self._stopped = self._found.full
        self._progress.tell_now_and_then()

    def _note(self, chunk: Chunk, matched: Matched | None, stop: int | None) -> None:
        """Count a chunk, up to the offset at which the limit ended it."""
        one = self._progress[TopicPartition(chunk.topic, chunk.partition)]
        after = chunk.next if stop is None else min(max(stop, chunk.start), chunk.next)
        offsets = chunk.records.column("offset").to_numpy(zero_copy_only=False)
        one.scanned += chunk.records.num_rows if after == chunk.next else int((offsets < after).sum())
        if matched is not None:
            one.undecoded += _count_in(matched.undecoded, chunk.partition, chunk.start, after)
            if not one.backwards:
                one.matched += _count_in(matched.found, chunk.partition, chunk.start, after)
        one.control += chunk.control
        one.aborted += chunk.aborted
        one.gaps += chunk.gaps
        if not one.backwards:
            one.position = after

    def _end_step(self, step: Sequence[Span]) -> None:
        """Of a search from the newest: put the step's records in order, and move on to the next."""
        if not self._options.newest_first:
            return
        kept = self._found.end_step()
        self._tell_found(kept)
        for span in step:
            one = self._progress[TopicPartition(span.topic, span.partition)]
            picked = kept.filter(pa.array([name == span.topic for name in kept["topic"].to_pylist()], pa.bool_()))
            one.matched += _count_in(picked, span.partition, span.start, one.end)
            if not self._stopped:
                one.position = span.start
        self._stopped = self._stopped or self._found.full
        self._progress.tell()

    def _tell_found(self, kept: pa.Table) -> None:
        if kept.num_rows:
            for listener in self._found_listeners:
                listener(kept)

    def _finish(
        self,
        window: Window,
        notes: tuple[str, ...],
        partitioners: dict[str, PartitionerVerdict],
        reason: str,
        ended: Literal["done", "stopped", "failed"],
    ) -> SearchResult:
        parts = tuple(self._progress.partitions.values())
        missing = [
            f"{counted(one.missing, 'offset')} of {partition_text(one.topic, one.partition)} could not be read"
            for one in parts
            if one.gaps
        ]
        left_out = [f"topic {name}: {why}" for name, why in window.refused.items()]
        state: Literal["complete", "incomplete", "stopped"] = "stopped"
        if ended == "done" and not self._found.dropped and not any(one.remaining for one in parts):
            state, reason = (
                ("incomplete", "; ".join([*missing, *left_out])) if missing or left_out else ("complete", "")
            )
        scope = SearchScope(
            str(self._query),
            self._log.cluster_id,
            self._options.cluster,
            self._options.isolation,
            {info.name: info.topic_id for info in window.topics},
        )
        masked = _masked_note([name for name in scope.topic_ids if self._hides(name)])
        self.result = SearchResult(
            self._found.table,
            scope,
            parts,
            state=state,
            reason=reason,
            notes=(*notes, *masked, *([self._remark] if self._remark else [])),
            partitioners=partitioners,
            viewer=self._viewer,
        )
        with suppress(Exception):
            self._progress.end("stopped" if ended == "done" and state == "stopped" else ended, self.result.ended)
        return self.result


def _count_in(rows: pa.Table | pa.RecordBatch, partition: int, start: int, stop: int) -> int:
    if not rows.num_rows:
        return 0
    offsets = rows.column("offset").to_numpy()
    places = rows.column("partition").to_numpy()
    return int(((places == partition) & (offsets >= start) & (offsets < stop)).sum())


def _masked_note(topics: Sequence[str]) -> list[str]:
    """Say for which topics conditions were not compared with what producers wrote."""
    if not topics:
        return []
    names = ", ".join(visible(name, 80) for name in topics[:_NAMED])
    more = f" and {counted(len(topics) - _NAMED, 'more topic')}" if len(topics) > _NAMED else ""
    return [f"records of {names}{more} are masked: the search saw what is left of keys, values and headers"]
