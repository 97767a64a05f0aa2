"""Completes rows that were read without their large values: sorted without them, and handed on a few megabytes at once.

DuckDB sorts whole rows, and hands over a vector of 2,048 of them at once: twenty values of 50 MB took 8 GB. So a query
of the store leaves values above `LARGE_BYTES` out (`value_columns`), and each is looked up by its position when its row
is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE_BYTES = 64 << 10
STEP_BYTES = 32 << 20
"""Bytes of rows that are handed on at once; one row may be larger."""
VECTOR_ROWS = 2048
"""Rows that DuckDB computes at once; batches of so many rows hold at most `LARGE_BYTES` each."""
_SIZE = "large_value_bytes"


def value_columns() -> str:
    """Write the SQL of the columns ``value``, null where it is large, and of the size of those that are."""
    size = "octet_length(value)"
    return (
        f"CASE WHEN {size} > {LARGE_BYTES} THEN NULL ELSE value END AS value, "
        f"CASE WHEN {size} > {LARGE_BYTES} THEN {size} END AS {_SIZE}"
    )


def with_large_values(
    batches: pa.RecordBatchReader, look_up: Callable[[pa.Table], pa.Table], rows: int
) -> Iterator[pa.Table]:
    """Yield the rows of a query with `value_columns`, complete and in their order.

    Args:
        batches: The rows, with their position.
        look_up: Returns the records at positions (``source_id``, ``partition``, ``offset``) in order of position.
        rows: Rows that are handed on at once, at most.
    """
    waiting: list[pa.Table] = []
    count = size = 0
    for batch in batches:
        for part in _steps(pa.table(batch)):
            whole = _completed(part, look_up)
            if waiting and (count + whole.num_rows > rows or size + whole.nbytes > STEP_BYTES):
                yield pa.concat_tables(waiting)
                waiting, count, size = [], 0, 0
            waiting.append(whole)
            count, size = count + whole.num_rows, size + whole.nbytes
    if waiting:
        yield pa.concat_tables(waiting)


def _steps(table: pa.Table) -> Iterator[pa.Table]:
    """Divide rows where their large values would be more than `STEP_BYTES` together."""
    sizes = table[_SIZE]
    if sizes.null_count == len(sizes):
        yield table
        return
    ends = np.cumsum(sizes.fill_null(0).to_numpy())
    begin = 0
    while begin < table.num_rows:
        before = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + STEP_BYTES, "right")))
        yield table.slice(begin, end - begin)
        begin = end


def _completed(table: pa.Table, look_up: Callable[[pa.Table], pa.Table]) -> pa.Table:
    sizes = table[_SIZE]
    table = table.drop_columns([_SIZE])
    if sizes.null_count == len(sizes):
        return table
    missing = sizes.is_valid()
    rows = np.flatnonzero(missing.to_numpy())
    found = look_up(table.filter(missing).select(["source_id", "partition", "offset"]))
    # Row by row from one of two columns: where the value was left out, the next of those that were looked up.
    places = np.arange(table.num_rows)
    places[rows] = table.num_rows + np.arange(len(rows))
    values = pa.chunked_array([*table["value"].chunks, *found["value"].chunks], pa.binary())
    at = table.schema.get_field_index("value")
    return table.set_column(at, "value", values.take(pa.array(places)))
