"""Rows of records, and the base class of the panes that list some: rows are made when they are on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.live.explorer.pane import Pane
from workbench.live.rows import COLUMNS, TAIL, rows_of
from workbench.live.search.columns import SEARCHED
from workbench.model.explorer import PaneRow
from workbench.text import position_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.live.explorer.selection import Selection

RECORD_COLUMNS = tuple(column for column in COLUMNS if not column.hidden)


class RecordRows:
    """Records in the columns of `SEARCHED`, as rows of a table.

    Args:
        tables: Records, in order.
    """

    def __init__(self, tables: Iterable[pa.Table] = ()) -> None:
        self._tables: list[pa.Table] = []
        self._joined = SEARCHED.empty_table()
        self._places: dict[str, int] = {}
        for one in tables:
            self.add(one)

    def add(self, records: pa.Table) -> None:
        """Append records."""
        names = ("topic", "partition", "offset")
        for topic, partition, offset in zip(*(records[name].to_pylist() for name in names), strict=True):
            self._places.setdefault(position_text(topic, partition, offset), len(self._places))
        self._tables.append(records)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def table(self) -> pa.Table:
        """All records."""
        if self._tables:
            self._joined = pa.concat_tables([self._joined, *self._tables], promote_options="permissive")
            self._tables = []
        return self._joined

    def row(self, key: str) -> pa.Table | None:
        """Return one record by its position."""
        place = self._places.get(key)
        return None if place is None else self.table.slice(place, 1)

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Make the rows of a range."""
        part = self.table.slice(start, max(end - start, 0))
        rows = rows_of(part.select(list(TAIL.names)), RECORD_COLUMNS)
        return [PaneRow(str(row.identity), row.cells, row.problem) for row in rows]


class RecordsPane(Pane):
    """A pane that lists records; one that is picked becomes the selected record."""

    columns = RECORD_COLUMNS

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self._records = RecordRows()
        selection.on_record(self.changed)

    @property
    def picked(self) -> str:
        return self._selection.record

    @property
    def row_count(self) -> int:
        return len(self._records)

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Make the rows on screen."""
        return self._records.window(start, end)

    async def pick(self, key: str) -> None:
        """Select a record."""
        self._selection.take_record(key, self._records.row(key))
