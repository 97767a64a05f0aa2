"""Follows partitions into a ring of bounded memory, and feeds a live table from there. Joins no group."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from workbench.errors import ValidationError
from workbench.live.ring import Ring
from workbench.live.row_filter import parse_filter
from workbench.live.rows import COLUMNS, RAW_COLUMNS, TAIL, detail_of, identities_of, rows_of, tail_batch
from workbench.model.feeds import RowStats
from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Self

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.feeds import Column, FeedState, Identity, RecordDetail, Row
    from workbench.model.records.chunk import Chunk, Isolation
    from workbench.tasks import Supervisor

READ_BYTES = 4 << 20
READ_WAIT_MS = 100
PACE_S = 0.1
"""Least time between two reads while it keeps up: decoding costs by the call, and a view shows ten a second."""
KEEPS_UP_ROWS = 5_000
"""Being less than this behind is keeping up."""
PREFETCH_BYTES = 16 << 20


class TailFeed:
    """Follows partitions into memory; what does not fit is let go, and counted. A `workbench.model.feeds.RowFeed`.

    Args:
        log: An open record log.
        spans: What to follow, or a coroutine function that finds it out when the tail starts.
        name: What is followed, in a few words.
        supervisor: Owner of the reading task.
        decoder: Finds type and ids; None shows records as they are.
        isolation: As the reader's.
        limit_rows: Rows held at most.
        limit_bytes: Bytes held at most.
    """

    def __init__(
        self,
        log: RecordLog,
        spans: Sequence[Span] | Callable[[], Awaitable[Sequence[Span]]],
        *,
        name: str,
        supervisor: Supervisor,
        decoder: BulkDecoder | None = None,
        isolation: Isolation = "read_committed",
        limit_rows: int = 50_000,
        limit_bytes: int = 128 << 20,
    ) -> None:
        self.name = name
        self.columns: Sequence[Column] = RAW_COLUMNS if decoder is None else COLUMNS
        self._log = log
        self._spans = spans
        self._supervisor = supervisor
        self._decoder = decoder
        self._isolation: Isolation = isolation
        self._ring = Ring(TAIL, limit_rows=limit_rows, limit_bytes=limit_bytes)
        self._writing = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._state: FeedState = "waiting"
        self._note = ""
        self._positions: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._stops: dict[TopicPartition, int | None] = {}
        self._passed_over = 0
        self._unreadable = 0

    @property
    def task_name(self) -> str:
        """Name of the reading task."""
        return f"tail {self.name}"

    @property
    def stats(self) -> RowStats:
        """Counters now."""
        ring = self._ring.stats
        known = self._ends and self._state in ("live", "ended")
        behind = sum(max(end - self._positions[tp], 0) for tp, end in self._ends.items()) if known else None
        lost = (
            f"{counted(self._unreadable, 'offset')} could not be read: they are gone from the log"
            if self._unreadable
            else ""
        )
        return RowStats(
            state=self._state,
            view=ring.view,
            base=ring.base,
            end=ring.end,
            total=ring.total,
            held=ring.held,
            dropped=ring.dropped + self._passed_over,
            behind=behind,
            note="; ".join(filter(None, (self._note, lost))),
        )

    def start(self) -> Self:
        """Begin to read, in a task of the supervisor; needs a running loop, and may be called from a callback."""
        self._supervisor.spawn(self.task_name, self._run())
        return self

    async def stop(self) -> None:
        """End reading for good; what is held can still be looked at."""
        await self._supervisor.stop(self.task_name)
        if self._state not in ("ended", "failed"):
            self._state = "stopped"

    async def aclose(self) -> None:
        """Stop, and let go of what is held; harmless when repeated."""
        await self.stop()
        self._ring.close()

    def pause(self) -> None:
        """Stop reading until `resume`: nobody looks."""
        self._wanted.clear()

    def resume(self) -> None:
        """Read on from the present; what cannot be shown any more is passed over and counted."""
        self._wanted.set()

    def window(self, start: int, end: int) -> list[Row]:
        """Rows of ``[start, end)`` that are still held."""
        return rows_of(self._ring.window(start, end), self.columns)

    def resolve(self, start: int, end: int, limit: int) -> list[Identity]:
        """Which records stand in ``[start, end)``, ``limit`` at most."""
        first = max(start, self._ring.stats.base)
        return identities_of(self._ring.window(first, min(end, first + limit)))

    def record(self, identity: Identity) -> RecordDetail | None:
        """The whole record, or None when it is held no more."""
        return detail_of(self._ring.find(identity.topic, identity.partition, identity.offset))

    async def set_filter(self, text: str) -> None:
        """Show matching rows only; see `workbench.live.row_filter.parse_filter` for what may be written."""
        async with self._writing:
            row_filter = await asyncio.to_thread(parse_filter, text, TAIL)
            try:
                await asyncio.to_thread(self._ring.refilter, row_filter)
            except ValidationError:
                if row_filter is not None:
                    row_filter.close()
                raise
            self._note = ""

    async def _run(self) -> None:
        try:
            spans = list(self._spans if not callable(self._spans) else await self._spans())
            await self._know_ends(spans)
            while spans:
                self._state = "live"
                async with self._log.reader(spans, isolation=self._isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
                    await self._follow(reader)
                    if reader.done:
                        break
                if not self._wanted.is_set():
                    self._state = "paused"
                    await self._wanted.wait()
                spans = await self._present()
            self._state = "ended"
        except Exception as error:
            self._state, self._note = "failed", str(error)
            raise

    async def _know_ends(self, spans: Sequence[Span]) -> None:
        partitions = [TopicPartition(span.topic, span.partition) for span in spans]
        ends = await self._log.offsets(partitions, "latest", isolation=self._isolation)
        for span, tp in zip(spans, partitions, strict=True):
            self._positions[tp], self._stops[tp] = span.start, span.stop
            self._ends[tp] = _bounded(ends[tp] or 0, span.stop)

    async def _follow(self, reader: Reader) -> None:
        caught_up = False
        while not reader.done and self._wanted.is_set():
            began = time.monotonic()
            chunks = await reader.read(READ_BYTES, READ_WAIT_MS)
            if chunks:
                await self._take(chunks)
            behind = sum(max(end - self._positions[tp], 0) for tp, end in self._ends.items())
            caught_up = caught_up or behind <= KEEPS_UP_ROWS
            # The log grows faster than it is read: what the ring could not hold is skipped, unread, and counted.
            if caught_up and behind > self._ring.limit_rows:
                return
            if behind <= KEEPS_UP_ROWS:
                await asyncio.sleep(max(PACE_S - (time.monotonic() - began), 0))

    async def _take(self, chunks: Sequence[Chunk]) -> None:
        for chunk in chunks:
            tp = TopicPartition(chunk.topic, chunk.partition)
            self._ends[tp] = _bounded(chunk.end, self._stops[tp])
            self._unreadable += sum(gap.stop - gap.start for gap in chunk.gaps)
        async with self._writing:
            batch = await asyncio.to_thread(tail_batch, chunks, self._decoder)
            try:
                await asyncio.to_thread(self._ring.append, batch)
            except ValidationError as error:
                # The filter fails on these rows (too slow, a wrong cast): all rows are better than a tail that ended.
                await asyncio.to_thread(self._ring.refilter, None)
                await asyncio.to_thread(self._ring.append, batch)
                self._note = f"all rows are shown again: {error}"
        # Only now: "0 behind" promises that the rows can be seen.
        for chunk in chunks:
            self._positions[TopicPartition(chunk.topic, chunk.partition)] = chunk.next

    async def _present(self) -> list[Span]:
        ends = await self._log.offsets(self._positions, "latest", isolation=self._isolation)
        share = max(self._ring.limit_rows // max(len(self._positions), 1), 1)
        spans = []
        for tp, position in self._positions.items():
            stop = self._stops[tp]
            self._ends[tp] = _bounded(ends[tp] or 0, stop)
            start = max(position, self._ends[tp] - share)
            self._passed_over += start - position
            self._positions[tp] = start
            if stop is None or start < stop:
                spans.append(Span(tp.topic, tp.partition, start, stop))
        return spans


def _bounded(end: int, stop: int | None) -> int:
    return end if stop is None else min(end, stop)
