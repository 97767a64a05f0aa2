"""Holds the most recent rows in memory: Arrow batches up to a limit; older ones are dropped, and counted."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from workbench.live.row_filter import RowFilter


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
class RingStats:
    """Counters at one moment; positions are those of the present view."""

    view: int
    base: int
    end: int
    total: int
    held: int
    dropped: int


class Ring:
    """Rows by absolute position, newest kept: reading a window costs the window, whatever is held.

    One thread at a time appends or changes the filter; any thread may read meanwhile.

    Args:
        schema: Columns of the batches.
        limit_rows: Rows held at most.
        limit_bytes: Bytes held at most; the newest batch stays, cut to ``limit_rows``.
    """

    def __init__(self, schema: pa.Schema, *, limit_rows: int = 50_000, limit_bytes: int = 128 << 20) -> None:
        self.schema = schema
        self.limit_rows = limit_rows
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._segments: deque[_Segment] = deque()
        self._filter: RowFilter | None = None
        self._view = 0
        self._end = 0
        self._held = 0
        self._held_bytes = 0
        self._total = 0
        self._dropped = 0

    @property
    def stats(self) -> RingStats:
        """Counters of the rows that arrived, are held, and were dropped."""
        with self._lock:
            base = self._segments[0].first if self._segments else self._end
            return RingStats(self._view, base, self._end, self._total, self._held, self._dropped)

    def append(self, batch: pa.RecordBatch) -> None:
        """Add the newest rows. The oldest batches are dropped while a limit is exceeded, and their rows counted."""
        if batch.num_rows == 0:
            return
        arrived = batch.num_rows
        if arrived > self.limit_rows:
            batch = batch.take(pa.array(np.arange(arrived - self.limit_rows, arrived)))
        kept = None if self._filter is None else self._filter.matches(batch)
        size_bytes = batch.get_total_buffer_size()
        with self._lock:
            self._total += arrived
            self._dropped += arrived - batch.num_rows
            segment = _Segment(batch, self._end, kept, size_bytes)
            self._segments.append(segment)
            self._end = segment.after
            self._held += batch.num_rows
            self._held_bytes += size_bytes
            # Whole batches go, without copying; the newest always stays, so a batch over the limit is still shown.
            while len(self._segments) > 1 and (self._held > self.limit_rows or self._held_bytes > self.limit_bytes):
                oldest = self._segments.popleft()
                self._held -= oldest.batch.num_rows
                self._held_bytes -= oldest.size_bytes
                self._dropped += oldest.batch.num_rows

    def refilter(self, row_filter: RowFilter | None) -> None:
        """Show matching rows only, of those held and of those to come; positions start anew at 0."""
        segments: deque[_Segment] = deque()
        end = 0
        # Matching may take seconds, so it runs without the lock: readers keep the former view until the swap below.
        for old in tuple(self._segments):
            kept = None if row_filter is None else row_filter.matches(old.batch)
            segments.append(_Segment(old.batch, end, kept, old.size_bytes))
            end = segments[-1].after
        with self._lock:
            former, self._filter = self._filter, row_filter
            self._segments, self._end = segments, end
            self._view += 1
        if former is not None:
            former.close()

    def window(self, start: int, end: int) -> pa.Table:
        """Rows of ``[start, end)`` that are still held, in order."""
        with self._lock:
            segments = tuple(self._segments)
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
        for segment in self._newest_first():
            batch = segment.batch
            mask = pc.and_(pc.equal(batch["offset"], offset), pc.equal(batch["partition"], partition))
            found = batch.filter(pc.and_(mask, pc.equal(batch["topic"], topic)))
            if found.num_rows:
                return pa.Table.from_batches([found.slice(0, 1)], self.schema)
        return self.schema.empty_table()

    def _newest_first(self) -> Iterator[_Segment]:
        with self._lock:
            segments = tuple(self._segments)
        yield from reversed(segments)

    def close(self) -> None:
        """Let go of everything held; what was counted stays counted."""
        with self._lock:
            self._segments.clear()
            self._held = self._held_bytes = 0
            former, self._filter = self._filter, None
        if former is not None:
            former.close()


def _rows(segment: _Segment, low: int, high: int) -> pa.RecordBatch:
    if segment.kept is None:
        return segment.batch.slice(low, high - low)
    return segment.batch.take(pa.array(segment.kept[low:high]))
