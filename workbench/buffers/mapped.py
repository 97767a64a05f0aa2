"""Keeps large tables and arrays in temporary files that are mapped: they are read like memory, and take none.

A file has no name, so nobody else opens it and nothing stays behind. The system may drop its pages at any time;
`release` drops those that were read.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import tempfile
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from workbench.tasks import check_stopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    _Sized = TypeVar("_Sized", pa.RecordBatch, NDArray[Any])
    _Columns = TypeVar("_Columns", pa.Table, pa.ChunkedArray)

LEAST_TABLE = 32 << 20
"""Bytes of a table from which it is mapped."""
LEAST_ARRAY = 4 << 20
_STEP = 8 << 20
"""Bytes that are read of a table before its pages are released."""
_STEP_ROWS = 10_000
_STEP_NUMBERS = 500_000

_mappings: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def mapped_table(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Return batches as a table, which is mapped when it is large. They are used one after another.

    Raises:
        OSError: The disk of the temporary folder is full.
    """
    rest = iter(batches)
    held, is_all = _first_of(rest, LEAST_TABLE)
    if is_all:
        return pa.Table.from_batches(held, schema)
    with tempfile.TemporaryFile(prefix="workbench-") as file:
        with pa.ipc.new_file(pa.PythonFile(file, "w"), schema) as writer:
            while held:
                writer.write_batch(held.pop(0))
            for batch in rest:
                check_stopped()
                writer.write_batch(batch)
        file.flush()
        return pa.ipc.open_file(pa.py_buffer(_map(file.fileno()))).read_all()


def taken_table(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Return rows of a table in another order; a large one is made in steps, and mapped.

    Raises:
        OSError: The disk of the temporary folder is full.
    """
    steps = (taken_rows(table, rows[at : at + _STEP_ROWS]) for at in range(0, len(rows), _STEP_ROWS))
    return mapped_table((batch for step in steps for batch in step.combine_chunks().to_batches()), table.schema)


def taken_rows(columns: _Columns, rows: NDArray[np.int64], missing: NDArray[np.bool_] | None = None) -> _Columns:
    """Return rows of a table or a column.

    Arrow copies the whole column to take rows of it. It is given only what lies between the lowest row and the highest.

    Args:
        columns: The table or the column.
        rows: Which rows.
        missing: Which of them are null instead.
    """
    if not len(rows):
        return columns.slice(0, 0)
    first = int(rows.min())
    return columns.slice(first, int(rows.max()) + 1 - first).take(pa.array(rows - first, mask=missing))


def mapped_array(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays behind one another as one, which is mapped, and then read-only, when it is large.

    Raises:
        ValueError: There is no part.
        OSError: The disk of the temporary folder is full.
    """
    rest = iter(parts)
    held, is_all = _first_of(rest, LEAST_ARRAY)
    if is_all:
        return held[0] if len(held) == 1 else np.concatenate(held)
    kind, shape = held[0].dtype, held[0].shape[1:]
    with tempfile.TemporaryFile(prefix="workbench-") as file:
        while held:
            file.write(np.ascontiguousarray(held.pop(0)).data)
        for part in rest:
            file.write(np.ascontiguousarray(part).data)
        file.flush()
        return np.frombuffer(_map(file.fileno()), kind).reshape(-1, *shape)


def mapped_longs(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the same of integers; there may be no part."""
    return mapped_array(itertools.chain([np.empty(0, np.int64)], parts))


def _first_of(parts: Iterator[_Sized], most_bytes: int) -> tuple[list[_Sized], bool]:
    """Take parts until they are larger than this; return them, and whether they are all."""
    held: list[_Sized] = []
    size = 0
    for part in parts:
        check_stopped()
        held.append(part)
        size += part.nbytes
        if size > most_bytes:
            return held, False
    return held, True


def batches_of(table: pa.Table | pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a table; pages that were read are released on the way."""
    read = 0
    for batch in table.to_batches() if isinstance(table, pa.Table) else [table]:
        yield batch
        check_stopped()
        read += batch.nbytes
        if read > _STEP:
            release()
            read = 0
    release()


def steps_of(count: int) -> Iterator[slice]:
    """Yield the numbers below ``count`` in steps of arrays; pages that were read are released on the way."""
    for first in range(0, count, _STEP_NUMBERS):
        yield slice(first, min(first + _STEP_NUMBERS, count))
        check_stopped()
        release()


def release() -> None:
    """Drop the pages of everything that is mapped; they are read again from the files when they are needed."""
    for mapping in list(_mappings):
        with contextlib.suppress(OSError, ValueError):
            mapping.madvise(mmap.MADV_DONTNEED)


def _map(descriptor: int) -> mmap.mmap:
    mapping = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    _mappings.add(mapping)
    return mapping
