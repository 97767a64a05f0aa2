"""Ends segments, and commits them in one transaction with the progress of their ranges."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Protocol, TypeAlias

    import duckdb
    import pyarrow as pa

    from workbench.store.segments.segment import Segment
    from workbench.store.segments.writing import SegmentWriter
    from workbench.store.snapshot.ranges import RangeUpdate

    Rows: TypeAlias = tuple[pa.Table, pa.Table]
    """Raw and decoded rows of the same positions."""
    Statements: TypeAlias = Callable[[duckdb.DuckDBPyConnection], None]

    class Commit(Protocol):
        """Stores rows together with the progress of their ranges."""

        def __call__(
            self,
            updates: Sequence[RangeUpdate],
            *,
            segments: Sequence[Segment] = (),
            rows: Rows | None = None,
            last: Statements | None = None,
        ) -> None: ...


def commit_segments(
    commit: Commit,
    segments: Sequence[SegmentWriter],
    updates: Sequence[RangeUpdate],
    *,
    rows: Sequence[Rows] = (),
    after: Callable[[], None] | None = None,
    last: Statements | None = None,
) -> None:
    """End segments side by side, wait until they are on disk, and commit all of them, or none.

    Args:
        commit: Stores them.
        segments: Open; of those that are not committed the files are removed.
        updates: How far the ranges get with all rows.
        rows: Rows that the first segments still get, at most one part for each.
        after: Called before they are committed; raises where what comes before them was not stored.
        last: Statements that are committed with them.
    """
    try:
        with ThreadPoolExecutor(len(segments), "segment-end") as threads:
            finished = list(threads.map(_ended, segments, itertools.chain(rows, itertools.repeat(None))))
        if after is not None:
            after()
    except BaseException:
        _discard(segments)
        raise

    def end(cursor: duckdb.DuckDBPyConnection) -> None:
        if last is not None:
            last(cursor)
        # All statements run while the disk writes.
        try:
            for segment in segments:
                segment.wait_synced()
        except BaseException:
            _discard(segments)
            raise

    commit(updates, segments=finished, last=end)


def _ended(segment: SegmentWriter, rows: Rows | None) -> Segment:
    if rows is not None:
        segment.write(*rows)
    return segment.finish()


def _discard(segments: Iterable[SegmentWriter]) -> None:
    for segment in segments:
        segment.discard()
