"""Reads raw columns; keys, values and headers become Python objects only for the rows that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of, mapped_longs
from workbench.replay.replay_mark import X_REPLAY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

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
    """Key, value and headers of each row of a table with the RECORD columns; columns are looked at batch by batch."""

    def __init__(self, table: pa.Table | pa.RecordBatch) -> None:
        self.keys = LazyColumn(table["key"])
        self.values = LazyColumn(table["value"])
        self._headers = table["headers"]
        self._table = table.select(["key", "value", "headers"])

    def __len__(self) -> int:
        return len(self.keys)

    def headers(self, row: int) -> HeaderList:
        """Return the headers of one row, in order."""
        return tuple((header["name"], header["value"]) for header in self._headers[row].as_py() or ())

    def named(self, name: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield row and value of each header of this name, in row order, duplicates included."""
        rows, values = self.named_columns(name)
        yield from zip(rows.tolist(), values.to_pylist(), strict=True)

    def named_columns(self, name: bytes) -> tuple[Longs, pa.ChunkedArray]:
        """Return row and value of each header of this name, in row order, duplicates included."""
        rows, values = [np.empty(0, np.int64)], []
        for part in self._parts():
            hits = np.flatnonzero(pc.equal(part.names, pa.scalar(name, pa.binary())).to_numpy(zero_copy_only=False))
            rows.append(part.rows_of(hits))
            values.append(part.contents.take(pa.array(hits)))
        return np.concatenate(rows), pa.chunked_array(values, pa.binary())

    def named_as(self, names: Collection[bytes]) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Yield row, name and value of each header that has one of these names, in row order, duplicates included."""
        wanted = pa.array(names, pa.binary())
        for part in self._parts():
            hits = np.flatnonzero(pc.is_in(part.names, wanted).to_numpy(zero_copy_only=False))
            found = (part.names.take(pa.array(hits)), part.contents.take(pa.array(hits)))
            yield from zip(part.rows_of(hits).tolist(), *(column.to_pylist() for column in found), strict=True)

    def replayed(self) -> Longs:
        """Return the rows that carry a header of a replay, ascending."""
        return self._rows_whose_names(lambda names: pc.starts_with(names, X_REPLAY))

    def unwritable_names(self) -> Longs:
        """Return the rows with a header name that is not UTF-8, ascending."""

        def unwritable(names: pa.Array) -> pa.Array:
            bad = [name for name in pc.unique(names).to_pylist() if not _is_utf8(name)]
            return pc.is_in(names, pa.array(bad, pa.binary()))

        return self._rows_whose_names(unwritable)

    def with_header(self, name: bytes) -> Longs:
        """Return the rows with a header of this name, ascending."""
        return self._rows_whose_names(lambda names: pc.equal(names, pa.scalar(name, pa.binary())))

    def _rows_whose_names(self, chosen: Callable[[pa.Array], pa.Array]) -> Longs:
        rows = [np.empty(0, np.int64)]
        for part in self._parts():
            hits = np.flatnonzero(chosen(part.names).to_numpy(zero_copy_only=False))
            found = part.rows_of(hits)
            rows.append(found[np.diff(found, prepend=-1) > 0])  # they ascend, and one may be there several times
        return np.concatenate(rows)

    def header_counts(self) -> Iterator[Longs]:
        """Yield the number of headers of each row, part by part."""
        return (np.diff(part.ends) for part in self._parts())

    def sizes(self) -> Longs:
        """Return the bytes of key, value, header names and header values of each row."""
        return mapped_longs(self._sizes())

    def _sizes(self) -> Iterator[Longs]:
        for part in self._parts():
            fields = np.concatenate(([0], np.cumsum(_lengths(part.names) + _lengths(part.contents))))
            rows = self._table.slice(part.first, len(part.ends) - 1)
            own = fields[part.ends[1:]] - fields[part.ends[:-1]]
            yield own + _lengths(rows["key"]) + _lengths(rows["value"])

    def _parts(self) -> Iterator[_Part]:
        first = 0
        for batch in batches_of(self._table.select(["headers"])):
            lists = batch.column(0)
            names, contents = lists.flatten().flatten() if len(lists) else _NO_HEADER_COLUMNS
            counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
            yield _Part(first, np.concatenate(([0], np.cumsum(counts))), names, contents)
            first += len(lists)


@dataclass(frozen=True, slots=True)
class _Part:
    """The headers of some rows that follow each other."""

    first: int
    """The first of these rows."""
    ends: Longs
    """Where the headers of each row begin and end among those of the part."""
    names: pa.Array
    contents: pa.Array

    def rows_of(self, hits: Longs) -> Longs:
        """Return the rows of some headers."""
        rows: Longs = self.first + np.searchsorted(self.ends, hits, side="right") - 1
        return rows


def beside(seqs: Longs) -> slice | Longs:
    """Return ascending seqs, those that follow each other as a slice: what it chooses from arrays is no copy."""
    if len(seqs) and int(seqs[-1]) - int(seqs[0]) + 1 == len(seqs):
        return slice(int(seqs[0]), int(seqs[-1]) + 1)
    return seqs


def without(count: int, left_out: Longs) -> Longs:
    """Return the numbers below ``count`` that are not left out, ascending."""
    kept = np.ones(count, bool)
    kept[left_out] = False
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
