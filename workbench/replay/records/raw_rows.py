"""Reads raw columns row by row; headers become Python objects only for the rows that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.model import HeaderList

X_REPLAY = b"x-replay"
"""Prefix of every header name that a replay writes."""


class RawRows:
    """Key, value and headers of each row of a table with the RECORD columns."""

    def __init__(self, table: pa.Table | pa.RecordBatch) -> None:
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        self.keys: list[bytes | None] = table["key"].to_pylist()
        self.values: list[bytes | None] = table["value"].to_pylist()
        headers = table["headers"].combine_chunks()
        if isinstance(headers, pa.ChunkedArray):
            headers = pa.concat_arrays(headers.chunks) if headers.num_chunks else pa.array([], headers.type)
        flat = headers.flatten()
        self.header_counts: np.ndarray[tuple[int], np.dtype[np.int64]] = (
            pc.list_value_length(headers).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        )
        self._first: list[int] = np.concatenate(([0], np.cumsum(self.header_counts))).tolist()
        self._name_column, self._value_column = flat.flatten() if len(flat) else (_NO_BYTES, _NO_BYTES)
        self._names: list[bytes] = self._name_column.to_pylist()
        self._header_values: list[bytes | None] = self._value_column.to_pylist()

    def __len__(self) -> int:
        return len(self.keys)

    def headers(self, row: int) -> HeaderList:
        """Return the headers of one row, in order."""
        begin, end = self._first[row], self._first[row + 1]
        if begin == end:
            return ()
        return tuple(zip(self._names[begin:end], self._header_values[begin:end], strict=True))

    def named(self, name: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield row and value of each header of this name, in row order, duplicates included."""
        hits = np.flatnonzero(pc.equal(self._name_column, pa.scalar(name, pa.binary())).to_numpy(zero_copy_only=False))
        rows = np.searchsorted(self._first, hits, side="right") - 1
        for row, hit in zip(rows.tolist(), hits.tolist(), strict=True):
            yield row, self._header_values[hit]

    def unwritable_names(self) -> list[int]:
        """Return the rows with a header name that is not UTF-8, ascending."""
        bad = [at for at, name in enumerate(self._names) if not _is_utf8(name)]
        return sorted({int(np.searchsorted(self._first, at, side="right")) - 1 for at in bad})

    def sizes(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the bytes of key, value, header names and header values of each row."""
        per_header = _lengths(self._name_column) + _lengths(self._value_column)
        running = np.concatenate(([0], np.cumsum(per_header)))
        first = np.asarray(self._first)
        own = np.fromiter((len(b or b"") for b in self.keys), np.int64, len(self.keys)) + np.fromiter(
            (len(b or b"") for b in self.values),
            np.int64,
            len(self.values),
        )
        total: np.ndarray[tuple[int], np.dtype[np.int64]] = own + running[first[1:]] - running[first[:-1]]
        return total


_NO_BYTES = pa.array([], pa.binary())


def _lengths(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        pc.binary_length(column).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return lengths


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
