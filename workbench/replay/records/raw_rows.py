"""Reads raw columns; keys, values and headers become Python objects only for the rows that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.replay.replay_mark import X_REPLAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from workbench.model import HeaderList

    Longs = NDArray[np.int64]

_NO_HEADER_COLUMNS = (pa.array([], pa.binary()), pa.array([], pa.binary()))


class LazyColumn:
    """A binary column whose values are made when they are asked for."""

    def __init__(self, column: pa.Array | pa.ChunkedArray) -> None:
        self._column = column

    def __getitem__(self, row: int) -> bytes | None:
        value: bytes | None = self._column[row].as_py()
        return value

    def __len__(self) -> int:
        return len(self._column)


class RawRows:
    """Key, value and headers of each row of a table with the RECORD columns."""

    def __init__(self, table: pa.Table | pa.RecordBatch) -> None:
        self.keys = LazyColumn(table["key"])
        self.values = LazyColumn(table["value"])
        headers = table["headers"]
        chunks = headers.chunks if isinstance(headers, pa.ChunkedArray) else [headers]
        counts = [pc.fill_null(pc.list_value_length(chunk), 0).to_numpy(zero_copy_only=False) for chunk in chunks]
        self.header_counts: Longs = np.concatenate([np.empty(0, np.int64), *counts]).astype(np.int64)
        self._first: Longs = np.concatenate(([0], np.cumsum(self.header_counts)))
        flat = [chunk.flatten().flatten() if len(chunk) else list(_NO_HEADER_COLUMNS) for chunk in chunks]
        self._names = pa.chunked_array([names for names, _ in flat], pa.binary())
        self._header_values = pa.chunked_array([values for _, values in flat], pa.binary())
        self._sizes = _lengths(table["key"]) + _lengths(table["value"])

    def __len__(self) -> int:
        return len(self.keys)

    def headers(self, row: int) -> HeaderList:
        """Return the headers of one row, in order."""
        begin, count = int(self._first[row]), int(self.header_counts[row])
        if not count:
            return ()
        names, values = (column.slice(begin, count).to_pylist() for column in (self._names, self._header_values))
        return tuple(zip(names, values, strict=True))

    def named(self, name: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield row and value of each header of this name, in row order, duplicates included."""
        rows, values = self.named_columns(name)
        yield from zip(rows.tolist(), values.to_pylist(), strict=True)

    def named_columns(self, name: bytes) -> tuple[Longs, pa.ChunkedArray]:
        """Return row and value of each header of this name, in row order, duplicates included."""
        hits = np.flatnonzero(pc.equal(self._names, pa.scalar(name, pa.binary())).to_numpy())
        return self._rows_of(hits), self._header_values.take(pa.array(hits))

    def replayed(self) -> list[int]:
        """Return the rows that carry a header of a replay, ascending."""
        return sorted(set(self._rows_of(np.flatnonzero(pc.starts_with(self._names, X_REPLAY).to_numpy())).tolist()))

    def unwritable_names(self) -> list[int]:
        """Return the rows with a header name that is not UTF-8, ascending."""
        bad = [name for name in pc.unique(self._names).to_pylist() if not _is_utf8(name)]
        return sorted({row for name in bad for row in self.named_columns(name)[0].tolist()})

    def sizes(self) -> Longs:
        """Return the bytes of key, value, header names and header values of each row."""
        running = np.concatenate(([0], np.cumsum(_lengths(self._names) + _lengths(self._header_values))))
        total: Longs = self._sizes + running[self._first[1:]] - running[self._first[:-1]]
        return total

    def _rows_of(self, hits: Longs) -> Longs:
        return np.searchsorted(self._first, hits, side="right") - 1


def without(count: int, left_out: Collection[int]) -> Longs:
    """Return the numbers below ``count`` that are not left out, ascending."""
    kept = np.ones(count, bool)
    kept[np.fromiter(left_out, np.int64, len(left_out))] = False
    return np.flatnonzero(kept)


def _lengths(column: pa.Array | pa.ChunkedArray) -> Longs:
    lengths = pc.fill_null(pc.binary_length(column), 0)
    numbers: Longs = (
        lengths.to_numpy() if isinstance(lengths, pa.ChunkedArray) else lengths.to_numpy(zero_copy_only=False)
    )
    return numbers.astype(np.int64)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
