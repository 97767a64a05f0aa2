"""Gives the rows of an Arrow table for printing, also those that hold times outside the calendar of Python."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_BATCH_ROWS = 10_000


def column_names(table: pa.Table) -> list[str]:
    """Return the names of the columns; the second column named ``a`` is ``a_2``, so that JSON holds both."""
    names: list[str] = []
    for name in table.column_names:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        names.append(name if name not in names else next(one for one in numbered if one not in table.column_names))
    return names


def table_rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Yield the rows in order; a batch at a time becomes Python objects."""
    for start in range(0, table.num_rows, _BATCH_ROWS):
        batch = table.slice(start, _BATCH_ROWS)
        yield from zip(*(_values(column) for column in batch.columns), strict=True)


def _values(column: pa.ChunkedArray) -> list[Any]:
    # The list of all commands imports this module, and needs no table.
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        unit = kind.unit
        return [None if at is None else iso_text(at, unit) for at in column.cast(pa.int64()).to_pylist()]
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        # A time inside a list or struct that no calendar of Python holds: Arrow writes it.
        values = [str(value) for value in column]
    if pa.types.is_interval(kind):
        return [None if one is None else _interval(one) for one in values]
    return values


def _interval(value: pa.MonthDayNano) -> str:
    """Write an interval by ISO 8601: ``P1M2DT3.5S``."""
    seconds = f"{value.nanoseconds / 1e9:.9f}".rstrip("0").rstrip(".")
    return f"P{value.months}M{value.days}DT{seconds}S"
