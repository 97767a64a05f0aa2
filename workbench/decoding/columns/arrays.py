"""Arrow and numpy functions that the modules of the bulk decoder share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_WIDE_KEY = 1 << 60


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the column as a single array."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return column


def data_of(array: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of a string or binary array, and the n + 1 positions between its values."""
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    content = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return content, ends


def first_bytes(array: pa.Array) -> NDArray[np.uint8]:
    """Return the first byte of each value; 0 for null and empty ones."""
    content, ends = data_of(array)
    result = np.zeros(len(array), np.uint8)
    filled = ends[1:] > ends[:-1]
    result[filled] = content[ends[:-1][filled]]
    return result


def valid_rows(array: pa.Array) -> NDArray[np.bool_]:
    """Return which values are not null."""
    if array.null_count == 0:
        return np.ones(len(array), bool)
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def flags(mask: pa.Array) -> NDArray[np.bool_]:
    """Return a boolean Arrow array as numpy, null as false."""
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)


def group_ids(matrix: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give equal rows of an integer matrix equal numbers; return the numbers and one row of each."""
    keys = np.zeros(len(matrix), np.int64)
    span = 1
    for given in matrix.T:
        column = given
        width = int(column.max(initial=0)) + 1
        if span * width >= _WIDE_KEY:
            _, keys = np.unique(keys, return_inverse=True)
            span = int(keys.max(initial=0)) + 1
            if span * width >= _WIDE_KEY:
                _, column = np.unique(column, return_inverse=True)
                width = int(column.max(initial=0)) + 1
        keys = keys * width + column
        span *= width
    if len(keys) and (keys == keys[0]).all():
        return np.zeros(len(keys), np.int64), np.zeros(1, np.int64)
    _, firsts, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return numbers.astype(np.int64), firsts.astype(np.int64)


def runs(numbers: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each number that occurs, ascending, with the rows that have it, in order."""
    if not len(numbers):
        return
    if (numbers == numbers[0]).all():
        yield int(numbers[0]), np.arange(len(numbers))
        return
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    starts = np.flatnonzero(np.diff(ascending, prepend=ascending[0] - 1))
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        yield int(ascending[start]), order[start:stop]


def take(array: pa.Array, rows: NDArray[np.int64] | None) -> pa.Array:
    """Return rows of an array; all of them for None."""
    return array if rows is None else array.take(pa.array(rows))


def repeated(value: Any, count: int, kind: pa.DataType) -> pa.Array:
    """Return an array of one value, repeated."""
    return pa.nulls(count, kind) if value is None else pa.repeat(pa.scalar(value, kind), count)


def repeated_list(values: list[str], count: int) -> pa.Array:
    """Return a list array of one list of texts, repeated."""
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * len(values))
    texts = pa.array(values, pa.string())
    content = texts.take(pa.array(np.tile(np.arange(len(values), dtype=np.int64), count))) if values else texts
    return pa.ListArray.from_arrays(offsets, content)
