"""Find values that DuckDB's JSON reader accepts and RFC 8259 does not: NaN, Infinity, trailing commas.

Whole buffers are scanned for places that might be one; only values with such a place are read again strictly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow.compute as pc

from workbench.store.decode.arrays import data_of, flags

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_SCAN_BYTES = 1 << 18
_SPACES = np.frombuffer(b" \t\n\r", np.uint8)
_BEFORE_WORD = np.zeros(256, bool)
_BEFORE_WORD[np.frombuffer(b":,[-+ \t\n\r", np.uint8)] = True
_LOWER = 0x20
_COMMA = ord(",")
_CLOSER = ord("}")
_N, _A, _I, _F = (ord(letter) for letter in "naif")


def unstrict_rows(values: pa.Array) -> NDArray[np.bool_]:
    """Rows whose value is no RFC 8259 text though DuckDB reads it; values are binary, never null."""
    content, ends = data_of(values)
    start, stop = int(ends[0]), int(ends[-1])
    words, spaced = _suspect_places(content[start:stop])
    suspects = np.zeros(len(values), bool)
    suspects[_rows_of(words + start, ends)] = True
    rows = np.unique(_rows_of(spaced + start, ends))
    if len(rows):
        suspects[rows[flags(pc.match_substring_regex(values.take(rows), r",[ \t\n\r]+[}\]]"))]] = True
    for row in np.flatnonzero(suspects):
        suspects[row] = not _is_strict(values[int(row)].as_buffer())
    return suspects


def _rows_of(places: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(ends, places, side="right") - 1


def _is_strict(value: pa.Buffer) -> bool:
    try:
        orjson.loads(memoryview(value))
    except orjson.JSONDecodeError:
        return False
    return True


def _suspect_places(content: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of NaN-like words and of commas before an end; and of ends that stand after white space."""
    sure: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    spaced: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    for at in range(0, len(content), _SCAN_BYTES):
        piece = content[at : at + _SCAN_BYTES + 2]
        lower = piece | _LOWER
        before, middle, after = lower[:-2], lower[1:-1], lower[2:]
        words = ((middle == _A) & (before == _N) & (after == _N)) | ((middle == _N) & (before == _I) & (after == _F))
        hits = np.flatnonzero(words) + at
        sure.append(hits[_BEFORE_WORD[content[np.maximum(hits - 1, 0)]]])
        closers = lower[1:] == _CLOSER
        sure.append(np.flatnonzero(closers & (piece[:-1] == _COMMA)) + at)
        blank = np.flatnonzero(closers & (piece[:-1] <= _LOWER)) + at
        spaced.append(blank[np.isin(content[blank], _SPACES)])
    return np.concatenate(sure), np.concatenate(spaced)
