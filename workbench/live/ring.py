"""Holds the most recent rows in memory: Arrow batches up to a limit; older ones are dropped, and counted."""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.live.memory import MemoryBudget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.live.row_filter import RowFilter

SEGMENTS = 16
"""Full segments that the limits are divided into: what is dropped at once is a sixteenth of what is held."""


@dataclass(frozen=True, slots=True)
class _Segment:
    batch: pa.RecordBatch
    first: int
    """Position of its first row in the present view."""
    kept: NDArray[np.int64] | None
    """Indexes of the rows that the view shows; None shows all."""
    size_bytes: int

    @property
    def rows(self) -> int:
        return self.batch.num_rows if self.kept is None else len(self.kept)

    @property
    def after(self) -> int:
        return self.first + self.rows


@dataclass(frozen=True, slots=True)
class _Arrangement:
    """Rows of the view in another order; it keeps what it orders."""

    segments: tuple[_Segment, ...]
    positions: NDArray[np.int64]

    def window(self, start: int, end: int) -> list[pa.RecordBatch]:
        wanted = self.positions[max(start, 0) : max(end, 0)]
        firsts = [segment.first for segment in self.segments]
        places = np.searchsorted(firsts, wanted, side="right") - 1
        # One row at a time: a window is a screen of rows, from any of the segments.
        pairs = zip(places.tolist(), wanted.tolist(), strict=True)
        return [_rows(self.segments[place], at - firsts[place], at - firsts[place] + 1) for place, at in pairs]


@dataclass(frozen=True, slots=True)
class RingStats:
    """Counters at one moment; positions are those of the present view."""

    view: int
    base: int
    end: int
    total: int
    held: int
    dropped: int
    dropped_for_memory: int
    """Rows among ``dropped`` that went because of their bytes, not because of their number."""


class Ring:
    """Rows by absolute position, newest kept: reading a window costs the window, whatever is held.

    Small batches are merged, so that filtering costs by the row, not by the batch. One thread at a time appends or
    changes the filter; any thread may read or trim meanwhile.

    Args:
        schema: Columns of the batches.
        limit_rows: Rows held at most.
        budget: Memory shared with other rings; the newest batch stays, cut to ``limit_rows``.
    """

    def __init__(self, schema: pa.Schema, *, limit_rows: int = 50_000, budget: MemoryBudget | None = None) -> None:
        self.schema = schema
        self.limit_rows = limit_rows
        self._budget = MemoryBudget() if budget is None else budget
        self._budget.join(self)
        self._lock = threading.Lock()
        self._segments: list[_Segment] = []
        self._filter: RowFilter | None = None
        self._arrangement: _Arrangement | None = None
        self._view = 0
        self._end = 0
        self._held = 0
        self._held_bytes = 0
        self._total = 0
        self._dropped = 0
        self._dropped_for_memory = 0
        self._dropped_segments = 0

    @property
    def stats(self) -> RingStats:
        """Counters of the rows that arrived, are held, and were dropped."""
        with self._lock:
            base, end = self._segments[0].first if self._segments else self._end, self._end
            if self._arrangement is not None:
                base, end = 0, len(self._arrangement.positions)
            return RingStats(self._view, base, end, self._total, self._held, self._dropped, self._dropped_for_memory)

    @property
    def held_bytes(self) -> int:
        """Bytes of the rows held."""
        return self._held_bytes

    def append(self, batch: pa.RecordBatch) -> None:
        """Add the newest rows. The oldest are dropped while a limit is exceeded, and counted."""
        if batch.num_rows == 0:
            return
        arrived = batch.num_rows
        if arrived > self.limit_rows:
            batch = batch.take(pa.array(np.arange(arrived - self.limit_rows, arrived)))
        kept = None if self._filter is None else self._filter.matches(pa.table(batch))
        with self._lock:
            self._total += arrived
            self._dropped += arrived - batch.num_rows
            self._push(_Segment(batch, self._end, kept, batch.get_total_buffer_size()))
            self._held += batch.num_rows
            # Whole segments go, without copying; the newest always stays, so a batch over the limit is still shown.
            while len(self._segments) > 1 and self._held > self.limit_rows:
                self._drop_oldest()
        self._budget.settle()

    def trim(self, limit_bytes: int) -> None:
        """Drop the oldest rows until no more than ``limit_bytes`` are held, except the newest segment."""
        with self._lock:
            while len(self._segments) > 1 and self._held_bytes > limit_bytes:
                self._dropped_for_memory += self._segments[0].batch.num_rows
                self._drop_oldest()

    def _push(self, segment: _Segment) -> None:
        # As in a binary counter: a segment is merged with the one before while that is not larger. Each row is copied
        # a few times (the logarithm of the rows in a segment), and the number of segments stays small.
        self._end = segment.after
        self._held_bytes += segment.size_bytes
        most_rows, most_bytes = self.limit_rows // SEGMENTS, self._budget.limit_bytes // SEGMENTS
        while self._segments and self._segments[-1].batch.num_rows <= segment.batch.num_rows:
            before = self._segments[-1]
            if before.batch.num_rows + segment.batch.num_rows > most_rows:
                break
            if before.size_bytes + segment.size_bytes > most_bytes:
                break
            merged = _merged(self._segments.pop(), segment)
            self._held_bytes += merged.size_bytes - before.size_bytes - segment.size_bytes
            segment = merged
        self._segments.append(segment)

    def _drop_oldest(self) -> None:
        oldest = self._segments.pop(0)
        self._held -= oldest.batch.num_rows
        self._held_bytes -= oldest.size_bytes
        self._dropped += oldest.batch.num_rows
        self._dropped_segments += 1

    def refilter(self, row_filter: RowFilter | None) -> None:
        """Show matching rows only, of those held and of those to come; positions start anew at 0."""
        with self._lock:
            held, dropped_before = tuple(self._segments), self._dropped_segments
        # Matching may take seconds, so it runs without the lock: readers keep the former view until the swap below.
        kept = [None] * len(held) if row_filter is None else _matches(row_filter, held, self.schema)
        with self._lock:
            former, self._filter = self._filter, row_filter
            # Another table may have needed the memory meanwhile.
            gone = self._dropped_segments - dropped_before
            self._segments, self._end = [], 0
            for old, rows in zip(held[gone:], kept[gone:], strict=True):
                self._segments.append(_Segment(old.batch, self._end, rows, old.size_bytes))
                self._end = self._segments[-1].after
            self._arrangement = None
            self._view += 1
        if former is not None:
            former.close()

    def arrange(self, column: str, *, descending: bool = False) -> None:
        """Show the rows of the view that are held now, sorted by a column; an empty name shows them as they came.

        Rows that are appended meanwhile are not among them. Equal values stay in the order in which they came.
        """
        with self._lock:
            segments = tuple(self._segments)
        arrangement = None
        if column:
            kept = [_rows(segment, 0, segment.rows).select([column]) for segment in segments if segment.rows]
            order = "descending" if descending else "ascending"
            table = pa.Table.from_batches(kept, pa.schema([self.schema.field(column)]))
            places = pc.sort_indices(table, sort_keys=[(column, order)]).to_numpy()
            # Positions of the view have no holes, so a place among the rows is a position less the base.
            base = segments[0].first if segments else 0
            arrangement = _Arrangement(segments, np.asarray(places, dtype=np.int64) + base)
        with self._lock:
            if arrangement is not None or self._arrangement is not None:
                self._view += 1
            self._arrangement = arrangement

    def window(self, start: int, end: int) -> pa.Table:
        """Rows of ``[start, end)`` that are still held, in order."""
        with self._lock:
            segments, arrangement = tuple(self._segments), self._arrangement
        if arrangement is not None:
            return pa.Table.from_batches(arrangement.window(start, end), self.schema)
        first = max(bisect_right(segments, start, key=lambda segment: segment.first) - 1, 0)
        pieces = []
        for segment in segments[first:]:
            if segment.first >= end:
                break
            low, high = max(start - segment.first, 0), min(end - segment.first, segment.rows)
            if low < high:
                pieces.append(_rows(segment, low, high))
        return pa.Table.from_batches(pieces, self.schema)

    def find(self, topic: str, partition: int, offset: int) -> pa.Table:
        """The row of one record, or no row when it is held no more."""
        with self._lock:
            segments = tuple(self._segments)
        for segment in reversed(segments):
            batch = segment.batch
            mask = pc.and_(pc.equal(batch["offset"], offset), pc.equal(batch["partition"], partition))
            found = batch.filter(pc.and_(mask, pc.equal(batch["topic"], topic)))
            if found.num_rows:
                return pa.Table.from_batches([found.slice(0, 1)], self.schema)
        return self.schema.empty_table()

    def keep_newest(self, rows: int, limit_bytes: int) -> None:
        """Give back the memory of all but the newest rows of the view, which can still be read; the rest is dropped.

        Args:
            rows: Rows that stay at most.
            limit_bytes: Bytes that stay at most; a row that is larger goes too.
        """
        self.arrange("")
        end = self.stats.end
        newest = self.window(end - rows, end)
        # `take` copies: a slice would keep the whole buffers alive.
        batch = newest.take(pa.array(np.arange(newest.num_rows))).combine_chunks().to_batches()
        while batch and batch[0].get_total_buffer_size() > limit_bytes:
            half = np.arange((batch[0].num_rows + 1) // 2, batch[0].num_rows)
            batch = [batch[0].take(pa.array(half))] if len(half) else []
        with self._lock:
            left = batch[0].num_rows if batch else 0
            self._dropped += self._held - left
            self._dropped_segments += len(self._segments)
            self._held = left
            self._held_bytes = batch[0].get_total_buffer_size() if batch else 0
            self._segments = [_Segment(batch[0], end - left, None, self._held_bytes)] if batch else []
            self._end = end
            former, self._filter = self._filter, None
        if former is not None:
            former.close()

    def close(self) -> None:
        """Let go of everything held; what was counted stays counted."""
        with self._lock:
            self._segments.clear()
            self._arrangement = None
            self._held = self._held_bytes = 0
            former, self._filter = self._filter, None
        self._budget.leave(self)
        if former is not None:
            former.close()


def _merged(before: _Segment, after: _Segment) -> _Segment:
    batch = pa.concat_batches([before.batch, after.batch])
    # Both or neither: a filter change sets `kept` of all segments.
    parts = None if before.kept is None or after.kept is None else (before.kept, after.kept + before.batch.num_rows)
    kept = None if parts is None else np.concatenate(parts)
    return _Segment(batch, before.first, kept, batch.get_total_buffer_size())


def _matches(row_filter: RowFilter, segments: tuple[_Segment, ...], schema: pa.Schema) -> list[NDArray[np.int64]]:
    """Match all segments in one go, and give each its own indexes."""
    found = row_filter.matches(pa.Table.from_batches([segment.batch for segment in segments], schema))
    starts = np.cumsum([0, *(segment.batch.num_rows for segment in segments)])
    cuts = np.searchsorted(found, starts)
    return [found[cuts[i] : cuts[i + 1]] - starts[i] for i in range(len(segments))]


def _rows(segment: _Segment, low: int, high: int) -> pa.RecordBatch:
    if segment.kept is None:
        return segment.batch.slice(low, high - low)
    return segment.batch.take(pa.array(segment.kept[low:high]))
