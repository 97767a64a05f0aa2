"""Reads and writes Arrow's bits with numpy: validity, booleans, rows that hold a text.

Arrow's own functions (`pyarrow.compute`) say the same, but importing them is a tenth of a command's start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def valid_rows(array: pa.Array) -> NDArray[np.bool_]:
    """Mark the rows that are not null."""
    validity = array.buffers()[0]
    return np.ones(len(array), bool) if validity is None else _bits(validity, array.offset, len(array))


def true_rows(array: pa.BooleanArray) -> NDArray[np.bool_]:
    """Mark the rows that are true; null is not."""
    return _bits(array.buffers()[1], array.offset, len(array)) & valid_rows(array)


def rows_of_text(array: pa.StringArray, text: str) -> NDArray[np.bool_]:
    """Mark the rows that are a text."""
    if not len(array):
        return np.zeros(0, bool)
    word = np.frombuffer(text.encode(), np.uint8)
    _, offsets, content = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    found = valid_rows(array)
    found &= np.diff(ends) == len(word)
    rows = np.flatnonzero(found)
    # Few rows have this length, so only their bytes are looked at.
    if len(rows) and len(word):
        places = ends[:-1][rows, None] + np.arange(len(word))
        found[rows] = (np.frombuffer(content, np.uint8)[places] == word).all(axis=1)
    return found


def boolean_array(marks: NDArray[np.bool_]) -> pa.BooleanArray:
    """Make a column of marks, without nulls; `pa.array` would import pandas."""
    bits = pa.py_buffer(np.packbits(marks, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(marks), [None, bits], 0)


def _bits(buffer: pa.Buffer, start: int, count: int) -> NDArray[np.bool_]:
    if not count:
        return np.zeros(0, bool)
    packed = np.frombuffer(buffer, np.uint8)[start // 8 : (start + count + 7) // 8]
    first = start % 8
    return np.unpackbits(packed, bitorder="little")[first : first + count].view(np.bool_)
