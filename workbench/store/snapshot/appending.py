"""Collects rows of a capture and commits them in transactions of a good size."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.store.segments.packing import LARGE_ROW_BYTES
from workbench.store.segments.writing import SEGMENT_BYTES
from workbench.store.snapshot.pending_commit import PendingCommit
from workbench.store.snapshot.segment_commits import commit_segments

if TYPE_CHECKING:
    from workbench.store.segments.writing import SegmentWriter
    from workbench.store.snapshot.ranges import RangeKey, RangeUpdate
    from workbench.store.snapshot.segment_commits import Commit, Rows, Statements
    from workbench.store.snapshot.store import SnapshotStore


ROW_GROUP_BYTES = 32 << 20
INLINE_BYTES = 4 << 20
"""Size up to which rows go into the file itself, without a segment."""
DIVIDED_BYTES = 8 << 20
"""Size of the last rows of all from which on two threads write them, each into a segment of its own."""
LARGE_ROWS_BYTES = 128 << 20
"""Raw bytes at which a segment of large rows is committed: packing takes several times as much memory."""
SMALL_COMMIT_S = 2.0
LARGE_COMMIT_S = 20.0
"""Longest time in seconds that rows wait for a commit: short in the file itself, longer in a segment."""


class Appender:
    """Buffers up to a row group, writes row groups into a segment, and commits whole segments with their ranges.

    A full segment is synced and committed in a thread of its own while the next one is written. Commits keep order.
    At the end, when nobody else needs a processor, two threads write what is left.
    Memory is bounded by ``row_group_bytes`` whatever comes, at the end by twice as much. What was not committed is lost
    when the process dies, and is read again because its range has not moved. Not for several threads at once.

    Args:
        store: Open for writing.
        commit: Stores a finished segment or rows; the store's own `commit` by default.
        segment_bytes: A segment is committed once its files are as large as this.
        row_group_bytes: Raw bytes that are buffered.
    """

    def __init__(
        self,
        store: SnapshotStore,
        *,
        commit: Commit | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        row_group_bytes: int = ROW_GROUP_BYTES,
    ) -> None:
        self._store = store
        self._commit = commit or store.commit
        self._segment_bytes = segment_bytes
        self._row_group_bytes = row_group_bytes
        self._segment: SegmentWriter | None = None
        self._rows: list[Rows] = []
        self._bytes = 0
        self._unpacked_bytes = self._unpacked_rows = 0
        self._updates: dict[RangeKey, RangeUpdate] = {}
        self._since = 0.0
        self._pending = PendingCommit()
        self.draining = False
        """Whether little comes before the next `commit`: it is kept for that, which writes it with two threads."""

    @property
    def due_s(self) -> float | None:
        """Seconds until the buffered rows should be committed; None when there are none."""
        if not self._updates:
            return None
        small = self._segment is None and self._bytes <= INLINE_BYTES
        bound = SMALL_COMMIT_S if small else LARGE_COMMIT_S
        return max(0.0, self._since + bound - time.monotonic())

    def append(self, update: RangeUpdate, records: pa.Table, events: pa.Table, size_bytes: int | None = None) -> bool:
        """Take rows of one range; returns whether that filled a segment, which is now being committed.

        Args:
            update: How far the range gets with these rows.
            records: Raw rows in the layout of the store.
            events: The decoded rows of the same positions.
            size_bytes: Of both, about; they are measured where it is not known, which takes as long as to store ten.

        Raises:
            StorageFullError: The disk is full, perhaps since an earlier call; what was committed before is intact.
        """
        if not self._updates:
            self._since = time.monotonic()
        self._updates[update.key] = _joined(self._updates.get(update.key), update)
        if records.num_rows:
            self._rows.append((records, events))
            self._bytes += records.nbytes + events.nbytes if size_bytes is None else size_bytes
        if self._bytes >= self._row_group_bytes * (2 if self.draining else 1):
            self._write_group()
        if self._segment is not None and self._is_full(self._segment.size_bytes):
            self._write_group()
            self._pending.begin(partial(commit_segments, self._commit, [self._segment], self._taken_updates()))
            self._segment = None
            return True
        return False

    def _is_full(self, size_bytes: int) -> bool:
        large = self._unpacked_bytes > self._unpacked_rows * LARGE_ROW_BYTES
        return size_bytes >= self._segment_bytes or (large and self._unpacked_bytes >= LARGE_ROWS_BYTES)

    def commit(self, last: Statements | None = None) -> None:
        """Store all rows so far, durably.

        Args:
            last: Statements that are committed with these rows, or alone where there are none.
        """
        if self._segment is None and self._bytes <= INLINE_BYTES:
            self._pending.wait()
            rows = self._taken() if self._rows else None
            if self._updates or last is not None:
                self._commit(self._taken_updates(), rows=rows, last=last)
            return
        parts = self._last_parts()
        if self._segment is None:
            self._segment = self._store.new_segment()
        more = [self._store.new_segment() for _ in parts[1:]]
        segments, self._segment = [self._segment, *more], None
        # Written and synced beside the segment before; rows of a range are committed in their order.
        after = self._pending.wait
        commit_segments(self._commit, segments, self._taken_updates(), rows=parts, after=after, last=last)
        self._pending.wait()

    def _last_parts(self) -> list[Rows]:
        """Take the buffered rows, in two halves where two threads write them sooner."""
        if not self._rows:
            return []
        divided = self.draining and self._bytes >= DIVIDED_BYTES
        records, events = self._taken()
        half = records.num_rows // 2 if divided else records.num_rows
        parts = [(records.slice(0, half), events.slice(0, half)), (records.slice(half), events.slice(half))]
        return [part for part in parts if part[0].num_rows]

    def _taken_updates(self) -> list[RangeUpdate]:
        taken, self._updates = list(self._updates.values()), {}
        return taken

    def discard(self) -> None:
        """Drop what was not committed."""
        self._pending.end()
        if self._segment is not None:
            self._segment.discard()
        self._segment, self._rows, self._bytes, self._updates = None, [], 0, {}

    def _write_group(self) -> None:
        if not self._rows:
            return
        if self._segment is None:
            self._segment = self._store.new_segment()
            self._unpacked_bytes = self._unpacked_rows = 0
        self._unpacked_bytes += self._bytes
        records, events = self._taken()
        self._unpacked_rows += records.num_rows
        self._segment.write(records, events)

    def _taken(self) -> Rows:
        """Return the buffered rows in order of position; rows of one range came in order already."""
        tables = sorted(self._rows, key=_first_position)
        self._rows, self._bytes = [], 0
        return pa.concat_tables([raw for raw, _ in tables]), pa.concat_tables([decoded for _, decoded in tables])


def _first_position(tables: Rows) -> tuple[int, int, int]:
    raw = tables[0]
    return raw["source_id"][0].as_py(), raw["partition"][0].as_py(), raw["offset"][0].as_py()


def _joined(before: RangeUpdate | None, now: RangeUpdate) -> RangeUpdate:
    if before is None:
        return now
    return replace(
        now,
        records=before.records + now.records,
        control=before.control + now.control,
        aborted=before.aborted + now.aborted,
        values=before.values + now.values,
        gaps=before.gaps + now.gaps,
    )
