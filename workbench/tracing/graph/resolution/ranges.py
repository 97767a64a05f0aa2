"""Finds the first captured record of each partition whose beginning is not captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.errors import TableError
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.rows import Rows

RANGES = pa.schema(
    [
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("from", pa.int64(), nullable=False),
        pa.field("next", pa.int64(), nullable=False),
    ],
)
"""Captured offsets ``[from, next)`` of each partition, in any number of ranges.

Further columns are ignored, so the ``capture_ranges`` of a snapshot can be passed as they are.
"""


def refuse_other_ranges(ranges: pa.Table | None) -> None:
    """Refuse a table that is not one of captured ranges.

    Raises:
        TableError: A column is missing.
    """
    missing = [name for name in RANGES.names if ranges is not None and name not in ranges.column_names]
    if missing:
        raise TableError(f"The table of captured ranges lacks {', '.join(missing)}; it needs {RANGES.names}.")


def uncaptured_starts(rows: Rows, ranges: pa.Table | None) -> Ints:
    """Return for each topic whose beginning is missing the time of the latest first captured record, else `NO_TIME`.

    Ranges that touch or overlap count as one. Of several the last one counts, because a cause may lie in the gap before
    it. A range without a record that has a time is left out.
    """
    starts = np.full(len(rows.topic.dictionary) + 1, NO_TIME)
    if ranges is None or not ranges.num_rows:
        return starts
    source, partition, begins = _last_ranges(ranges)
    begun = begins > 0
    if not begun.any():
        return starts
    known = np.sort(_lane(source, partition)[begun])
    begins = begins[begun][np.argsort(_lane(source, partition)[begun])]
    wanted = _lane(rows.source_id, rows.partition)
    lane = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    inside = np.flatnonzero((known[lane] == wanted) & (rows.time != NO_TIME))
    inside = inside[rows.offset[inside] >= begins[lane[inside]]]
    least = np.full(len(known), np.iinfo(np.int64).max)
    np.minimum.at(least, lane[inside], rows.offset[inside])
    first = inside[rows.offset[inside] == least[lane[inside]]]
    np.maximum.at(starts, rows.topic.codes[first], rows.time[first])
    return starts


def _lane(source: Ints, partition: Ints) -> Ints:
    """Make one number of a source and a partition, which are numbers of 32 bits."""
    lanes: Ints = (source.astype(np.int64) << 32) | (partition.astype(np.int64) & 0xFFFFFFFF)
    return lanes


def _last_ranges(ranges: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Merge ranges that touch; return source, partition and beginning of the last one of each partition."""
    source, partition, begin, end = (
        ranges.column(name).cast(pa.int64()).to_numpy() for name in ("source_id", "partition", "from", "next")
    )
    order = np.lexsort((begin, partition, source))
    order = order[end[order] > begin[order]]
    last: dict[tuple[int, int], tuple[int, int]] = {}
    for row in order.tolist():
        lane = int(source[row]), int(partition[row])
        start, reached = last.get(lane, (int(begin[row]), int(end[row])))
        # A gap begins a new range; what touches or overlaps the one before goes on with it.
        start = int(begin[row]) if begin[row] > reached else start
        last[lane] = start, max(reached, int(end[row]))
    lanes = np.array(list(last), dtype=np.int64).reshape(-1, 2)
    return lanes[:, 0], lanes[:, 1], np.array([start for start, _ in last.values()], dtype=np.int64)
