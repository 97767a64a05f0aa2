"""Attributes of events as they stand in the rows of a table; a column is taken when somebody asks for it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.gathering import taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.tracing.graph.arrays import Ints

_SMALL_PART = 8
"""A selection of less than this part of all events has columns of its own, so that it does not keep the others."""


class EventAttributes:
    """Columns with one value for each event.

    Args:
        rows: Row of each event.
        count: How many events there are.
        of_rows: Columns by row; a function makes one when it is first asked for.
        of_events: Columns by event.
        names: Order of the columns; those that are not named follow.
        codes_of_rows: Columns by row that are encoded already.
        numbers_of_rows: Columns of whole numbers by row, of any width.
    """

    def __init__(
        self,
        rows: Ints | None,
        count: int,
        of_rows: Mapping[str, Callable[[], pa.Array]],
        of_events: Mapping[str, pa.Array],
        *,
        names: Sequence[str] = (),
        codes_of_rows: Mapping[str, EncodedColumn] | None = None,
        numbers_of_rows: Mapping[str, Ints] | None = None,
    ) -> None:
        self._rows = rows
        self._count = count
        self._of_rows = of_rows
        self._taken = dict(of_events)
        self._encoded: dict[str, EncodedColumn] = {}
        self._locks: dict[str, Lock] = {}
        self._codes_of_rows = dict(codes_of_rows or {})
        self._numbers_of_rows = dict(numbers_of_rows or {})
        self.names = tuple(dict.fromkeys((*names, *of_rows, *of_events)))

    def column(self, name: str) -> pa.Array:
        """Return an attribute of all events."""
        if name not in self._taken:
            self._taken[name] = self._of_rows[name]().take(pa.array(self._rows))
        return self._taken[name]

    def numbers(self, name: str) -> Ints:
        """Return an attribute of whole numbers of all events, as wide as it is kept."""
        if self._rows is not None and name in self._numbers_of_rows:
            return taken(self._numbers_of_rows[name], self._rows)
        whole: Ints = self.column(name).to_numpy(zero_copy_only=False)
        return whole

    def some(self, name: str, events: Ints) -> pa.Array:
        """Return an attribute of some events, -1 for none."""
        wanted = pa.array(events, mask=events < 0)
        if name in self._taken or len(events) >= self._count:
            return self.column(name).take(wanted)
        return self._of_rows[name]().take(pa.array(self._rows).take(wanted))

    def encoded(self, name: str) -> EncodedColumn:
        """Return a text attribute as codes, numbered in the order of the events; threads that ask at once wait."""
        with self._locks.setdefault(name, Lock()):
            if name not in self._encoded:
                self._encoded[name] = self._encode(name)
        return self._encoded[name]

    def _encode(self, name: str) -> EncodedColumn:
        known = self._codes_of_rows.pop(name, None)
        if known is not None and self._rows is not None:
            return known.take(self._rows)
        if name in self._taken or self._rows is None or not isinstance(by_row := self._of_rows[name](), pa.Array):
            return EncodedColumn.of(self.column(name))
        return EncodedColumn.of(by_row).take(self._rows)

    def table(self) -> pa.Table:
        """Return all attributes."""
        return pa.table({name: self.column(name) for name in self.names})

    def keep(self, events: Ints) -> EventAttributes:
        """Return the attributes of some events."""
        kept = {name: column.take(pa.array(events)) for name, column in self._taken.items()}
        if self._rows is None or _SMALL_PART * len(events) < self._count:
            own = {name: kept[name] if name in kept else self.some(name, events) for name in self.names}
            return EventAttributes(None, len(events), {}, own, names=self.names)
        return EventAttributes(
            self._rows[events],
            len(events),
            self._of_rows,
            kept,
            names=self.names,
            numbers_of_rows=self._numbers_of_rows,
        )
