"""Follows partitions into a ring of bounded memory, and feeds a live table from there. Joins no group."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from workbench.bus.silence import is_silent, silence_text
from workbench.errors import BrokerUnavailableError, UnknownTopicError, ValidationError
from workbench.live.discoveries import Discoveries
from workbench.live.memory import MemoryBudget
from workbench.live.positions import Positions
from workbench.live.ring import Ring
from workbench.live.row_filter import parse_filter
from workbench.live.rows import COLUMNS, RAW_COLUMNS, TAIL, detail_of, identities_of, rows_of, sort_key, tail_batch
from workbench.model.events.decoding import prepare
from workbench.model.feeds import RowStats
from workbench.model.records.record import TopicPartition
from workbench.text import counted, duration_text, size_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Self

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.live.discoveries import Discover
    from workbench.live.row_filter import RowFilter
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.feeds import Column, FeedState, Identity, RecordDetail, Row
    from workbench.model.records.chunk import Chunk, Isolation, Span
    from workbench.tasks import Supervisor

READ_BYTES = 4 << 20
READ_WAIT_MS = 100
PACE_S = 0.1
"""Least time between two reads while it keeps up: decoding costs by the call, and a view shows ten a second."""
KEEPS_UP_ROWS = 5_000
"""Being less than this behind is keeping up."""
PREFETCH_BYTES = 16 << 20
AGAIN_S = 1.0
"""Time between two questions to a cluster that did not answer within the deadline."""
LAST_ROWS = 200
"""Rows that stay readable after a tail has ended and given back its memory."""
LAST_BYTES = 1 << 20


class TailFeed:
    """Follows partitions into memory; what does not fit is let go, and counted. A `workbench.model.feeds.RowFeed`.

    Args:
        log: An open record log.
        spans: What to follow, or a coroutine function that finds it out when the tail starts.
        name: What is followed, in a few words.
        supervisor: Owner of the reading task.
        number: Tells tails of the same name apart in the names of their tasks.
        discover: Finds partitions that are not followed yet, given those that are; see `Discoveries`.
        decoder: Finds type and ids; None shows records as they are.
        isolation: As the reader's.
        limit_rows: Rows held at most.
        budget: Memory that is shared with other tails.
        provenance: Says what is missing of the records, where the log cannot give all of them; how far it is behind
            such a log is not known.
    """

    def __init__(
        self,
        log: RecordLog,
        spans: Sequence[Span] | Callable[[], Awaitable[Sequence[Span]]],
        *,
        name: str,
        supervisor: Supervisor,
        number: int = 0,
        discover: Discover | None = None,
        decoder: BulkDecoder | None = None,
        isolation: Isolation = "read_committed",
        limit_rows: int = 50_000,
        budget: MemoryBudget | None = None,
        provenance: Callable[[], str] | None = None,
    ) -> None:
        self.name = name
        self.task_name = f"tail {name} ({number})" if number else f"tail {name}"
        """Name of the reading task."""
        self.columns: Sequence[Column] = RAW_COLUMNS if decoder is None else COLUMNS
        self._log = log
        self._spans = spans
        self._supervisor = supervisor
        self._decoder = decoder
        self._isolation: Isolation = isolation
        self._budget = MemoryBudget() if budget is None else budget
        self._provenance = provenance
        self._ring = Ring(TAIL, limit_rows=limit_rows, budget=self._budget)
        self._writing = asyncio.Lock()
        self._reading = asyncio.Event()
        self._reading.set()
        self._watched = True
        self._order = ""
        self._descending = False
        self._state: FeedState = "waiting"
        self._note = ""
        self._wishes = 0
        self._filtering = False
        self._applying: RowFilter | None = None
        self._reader: Reader | None = None
        self._asking_since: float | None = None
        self._away = False
        self._positions = Positions()
        self._discoveries = Discoveries(log, discover, self._positions, isolation=isolation)
        self._passed_over = 0
        self._unreadable = 0
        self._missing = ""

    @property
    def stats(self) -> RowStats:
        """Counters now."""
        ring = self._ring.stats
        # The owner ends its tasks one after the other; this one may be still closing its connections.
        running = self._state in ("waiting", "live", "paused")
        state: FeedState = "closed" if running and self._supervisor.closed else self._state
        unanswered_s = self._asking_s if self._reader is None else self._reader.unanswered_s
        if is_silent(unanswered_s) and (state == "live" or (state == "waiting" and self._away)):
            state = "no answer"
        known = self._positions.partitions and state in ("live", "ended") and self._provenance is None
        return RowStats(
            state=state,
            view=ring.view,
            base=ring.base,
            end=ring.end,
            total=ring.total,
            held=ring.held,
            dropped=ring.dropped + self._passed_over,
            behind=self._positions.behind if known else None,
            note="; ".join(filter(None, (self._note, *self._remarks(state, unanswered_s, ring.dropped_for_memory)))),
            filtering=self._filtering,
        )

    @property
    def _asking_s(self) -> float:
        """Since when the cluster is asked what there is to follow; 0 once it has told."""
        return 0.0 if self._asking_since is None else time.monotonic() - self._asking_since

    def _remarks(self, state: FeedState, unanswered_s: float, dropped_for_memory: int) -> list[str]:
        remarks = [] if self._provenance is None else [self._provenance()]
        if state == "no answer":
            remarks.append(silence_text(unanswered_s))
        elif state == "waiting" and is_silent(unanswered_s):
            remarks.append(
                f"the cluster has not told its partitions yet, after {duration_text(int(unanswered_s), 's')}"
            )
        if self._order:
            remarks.append(f"sorted by {self._order}: reading waits until the table follows again")
        if self._unreadable:
            remarks.append(f"{counted(self._unreadable, 'offset')} could not be read: they are gone from the log")
        if self._missing:
            remarks.append(self._missing)
        remarks += self._discoveries.remarks()
        if dropped_for_memory:
            shared = size_text(self._budget.limit_bytes)
            remarks.append(f"{counted(dropped_for_memory, 'row')} dropped early: all live tables share {shared}")
        return remarks

    def start(self) -> Self:
        """Begin reading in a task of the supervisor."""
        self._supervisor.spawn(self.task_name, self._run())
        self._supervisor.spawn(f"{self.task_name} metadata", self._discoveries.look())
        return self

    async def stop(self) -> None:
        """End reading for good; what is held can still be looked at."""
        self._end("stopped")
        await self._supervisor.stop(self.task_name)

    async def aclose(self) -> None:
        """Stop, and give back the memory but for the newest rows; harmless when repeated."""
        await self.stop()
        async with self._writing:
            await asyncio.to_thread(self._ring.keep_newest, LAST_ROWS, LAST_BYTES)

    def close(self) -> None:
        """End reading and give back all memory at once; harmless when repeated."""
        self._end("closed")
        self._supervisor.cancel(self.task_name)
        self._ring.close()

    def _end(self, state: FeedState) -> None:
        if self._state not in ("ended", "failed", "stopped", "closed"):
            self._state = state
        self._supervisor.cancel(f"{self.task_name} metadata")

    def pause(self) -> None:
        """Stop reading until `resume`: nobody looks."""
        self._watched = False
        self._reading.clear()

    def resume(self) -> None:
        """Read on from the present; what cannot be shown any more is passed over and counted."""
        self._watched = True
        if not self._order:
            self._reading.set()

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
        """Show matching rows only; see `workbench.live.row_filter.parse_filter` for what may be written.

        The newest filter replaces one that is still being applied.

        Raises:
            ValidationError: The filter cannot be used; all rows are shown.
        """
        self._wishes += 1
        wish = self._wishes
        if self._applying is not None:
            self._applying.cancel()
        self._filtering = True
        try:
            async with self._writing:
                # Of several that waited only the newest is wanted.
                if wish == self._wishes:
                    await self._apply(text, wish)
        finally:
            self._filtering = wish != self._wishes

    async def _apply(self, text: str, wish: int) -> None:
        self._note = ""
        row_filter = None
        try:
            row_filter = self._applying = await asyncio.to_thread(parse_filter, text, TAIL)
            await asyncio.to_thread(self._ring.refilter, row_filter)
        except ValidationError as error:
            if row_filter is not None:
                row_filter.close()
            if wish == self._wishes:
                await self._show_all(error)
                raise
        finally:
            self._applying = None
        await self._arrange()

    async def _show_all(self, error: Exception) -> None:
        # Rows of the former filter under the text of this one would be taken for its result.
        await asyncio.to_thread(self._ring.refilter, None)
        await self._arrange()
        self._note = f"all rows are shown: {error}"

    async def set_order(self, column: str, *, descending: bool = False) -> None:
        """Sort the rows that are held by a column, and wait with reading; an empty name reads on.

        Raises:
            ValidationError: There is no such column.
        """
        if column and column not in {known.name for known in self.columns}:
            names = ", ".join(known.name for known in self.columns)
            raise ValidationError(f"There is no column {column!r} to sort by; there are {names}.")
        self._order, self._descending = column, descending
        if column:
            self._reading.clear()
        async with self._writing:
            await self._arrange()
        if not self._order and self._watched:
            self._reading.set()

    async def _arrange(self) -> None:
        await asyncio.to_thread(self._ring.arrange, sort_key(self._order), descending=self._descending)

    async def _run(self) -> None:
        try:
            await self._begin()
            while spans := self._positions.spans():
                try:
                    await self._read_once(spans)
                except UnknownTopicError as error:
                    self._go_on_without(error)
                except BrokerUnavailableError:
                    await self._until_answered()
            self._state = "ended"
        except asyncio.CancelledError:
            # The supervisor ends its tasks when the cluster is closed.
            self._end("closed")
            raise
        except Exception as error:
            self._state, self._note = "failed", str(error)
            raise
        finally:
            self._supervisor.cancel(f"{self.task_name} metadata")

    async def _begin(self) -> None:
        """Find out what to follow, and wait for a cluster that does not answer, as later on."""
        self._asking_since = time.monotonic()
        while not self._discoveries.begun.is_set():
            try:
                await self._follow_from(list(self._spans if not callable(self._spans) else await self._spans()))
                self._discoveries.begun.set()
            except BrokerUnavailableError:
                self._away = True
                await asyncio.sleep(AGAIN_S)
        self._asking_since = None

    async def _read_once(self, spans: Sequence[Span]) -> None:
        """Read until something changes: new partitions, nobody looks, or the log is far ahead."""
        self._state = "live"
        async with self._log.reader(spans, isolation=self._isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
            self._reader = reader
            await self._follow(reader)
        self._reader = None
        if self._discoveries.found:
            await self._discoveries.hand_over(self._follow_from)
            return
        if not self._reading.is_set():
            self._state = "paused"
            await self._reading.wait()
        if self._positions.spans():
            await self._return_to_present()

    async def _until_answered(self) -> None:
        """Ask until the cluster answers again: a live table outlives a restart of its brokers.

        The reader that gave up still counts since when nothing was answered.
        """
        answered = False
        while not answered:
            await asyncio.sleep(AGAIN_S)
            with contextlib.suppress(BrokerUnavailableError):
                await self._log.offsets(self._positions.partitions, "latest", isolation=self._isolation)
                answered = True
        self._reader = None

    def _go_on_without(self, error: UnknownTopicError) -> None:
        """Follow the other topics after one was deleted."""
        topics = {tp.topic for tp in self._positions.partitions}
        if error.topic not in topics or len(topics) == 1:
            raise error
        self._positions.forget({error.topic})
        self._note = f"{error.topic} is followed no more: {error}"

    async def _follow_from(self, spans: Sequence[Span]) -> None:
        partitions = [TopicPartition(span.topic, span.partition) for span in spans]
        self._positions.add(spans, await self._log.offsets(partitions, "latest", isolation=self._isolation))

    async def _follow(self, reader: Reader) -> None:
        caught_up = False
        while not reader.done and self._reading.is_set() and not self._discoveries.found:
            began = time.monotonic()
            chunks = await reader.read(READ_BYTES, READ_WAIT_MS)
            if chunks:
                await self._take(chunks)
            behind = self._positions.behind
            caught_up = caught_up or behind <= KEEPS_UP_ROWS
            # The log grows faster than it is read: what the ring could not hold is skipped, unread, and counted.
            if caught_up and behind > self._ring.limit_rows:
                return
            if behind <= KEEPS_UP_ROWS:
                await asyncio.sleep(max(PACE_S - (time.monotonic() - began), 0))

    async def _take(self, chunks: Sequence[Chunk]) -> None:
        for chunk in chunks:
            self._positions.seen(chunk)
            self._unreadable += sum(gap.stop - gap.start for gap in chunk.gaps)
        self._missing = await prepare(self._decoder, chunks)
        async with self._writing:
            batch = await asyncio.to_thread(tail_batch, chunks, self._decoder)
            try:
                await asyncio.to_thread(self._ring.append, batch)
            except ValidationError as error:
                # The filter fails on these rows (too slow, a wrong cast): all rows are better than a tail that ended.
                await self._show_all(error)
                await asyncio.to_thread(self._ring.append, batch)
        # Only now: "0 behind" promises that the rows can be seen.
        for chunk in chunks:
            self._positions.read(chunk)

    async def _return_to_present(self) -> None:
        partitions = self._positions.partitions
        ends = await self._log.offsets(partitions, "latest", isolation=self._isolation)
        self._passed_over += self._positions.present(ends, max(self._ring.limit_rows // max(len(partitions), 1), 1))
