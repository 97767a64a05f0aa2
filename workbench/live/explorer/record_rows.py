"""Rows of records, and the base class of the panes that list some: rows are made when they are on screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from workbench.errors import ValidationError
from workbench.live.explorer.pane import Pane
from workbench.live.rows import COLUMNS, TAIL, rows_of
from workbench.live.search.columns import SEARCHED
from workbench.model.explorer import Input, PaneRow, Press, TextSection
from workbench.text import position_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workbench.config.views import SavedView
    from workbench.live.explorer.selection import Selection
    from workbench.model.feeds import Column

RECORD_COLUMNS = tuple(column for column in COLUMNS if not column.hidden)
_WIDTHS = range(30, 2_001)
_LINES = 'Lines for workbench.toml; cluster.explore(view="my-view") opens them'


def record_columns(texts: Sequence[str], usual: Sequence[Column] = RECORD_COLUMNS) -> Sequence[Column]:
    """Return the columns that are named, in this order; ``key:200`` is 200 pixels wide. None are named: the usual ones.

    Raises:
        ValidationError: A name or a width is wrong, or a column is named twice.
    """
    known = {column.name: replace(column, hidden=False) for column in COLUMNS}
    shown: dict[str, Column] = {}
    for text in texts:
        name, _, width = text.partition(":")
        if name not in known or name in shown:
            fault = "is named twice" if name in shown else f"is no column; there are {', '.join(known)}"
            raise ValidationError(f"{visible(name, 60)} {fault}.")
        wide = int(width) if width.isascii() and width.isdecimal() else 0
        if width and wide not in _WIDTHS:
            raise ValidationError(f"{visible(text, 60)}: a width is 30 to 2,000, as in {name}:200.")
        shown[name] = replace(known[name], width_px=wide, grow=False) if width else known[name]
    return tuple(shown.values()) or usual


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

    def window(self, start: int, end: int, columns: Sequence[Column]) -> Sequence[PaneRow]:
        """Make the rows of a range."""
        part = self.table.slice(start, max(end - start, 0))
        rows = rows_of(part.select(list(TAIL.names)), columns)
        return [PaneRow(str(row.identity), row.cells, row.problem) for row in rows]


class RecordsPane(Pane):
    """A pane that lists records; one that is picked becomes the selected record.

    Args:
        selection: The shared selection.
        view: Makes the saved view that opens this pane, given the columns that it shows.
    """

    usual: ClassVar[Sequence[Column]] = RECORD_COLUMNS
    """Its columns while none are named."""

    def __init__(self, selection: Selection, view: Callable[[str, list[str]], SavedView]) -> None:
        super().__init__()
        self.columns = self.usual
        self._selection = selection
        self._view = view
        self._records = RecordRows()
        selection.on_record(self.changed)

    @property
    def columns_input(self) -> Input:
        """The field that names the columns."""
        usual = " ".join(column.name for column in self.usual)
        return Input("columns", "Columns", "text", self.value("columns"), hint=usual, live=True, grow=True)

    @property
    def save_press(self) -> Press:
        """The button that writes a saved view."""
        return Press("save", "Save view")

    async def do(self, press: str, values: Mapping[str, str]) -> None:
        """Do what a button says; other columns are shown without waiting for what runs."""
        if press == "input":
            self.failure = ""
            try:
                self.show_columns(values.get("columns", "").split())
            except ValidationError as error:
                self.failure = str(error)
            self.changed()
        else:
            await super().do(press, values)

    def show_columns(self, texts: Sequence[str]) -> None:
        """Show columns, which are named as `record_columns` takes them."""
        self.columns = record_columns(texts, self.usual)
        self.values["columns"] = " ".join(texts)

    async def press_save(self) -> None:
        """Show the lines of ``workbench.toml`` with which what is shown is there again."""
        view = self._view(self.name, self.value("columns").split())
        others = [one for one in self.sections if not (isinstance(one, TextSection) and one.title == _LINES)]
        self.sections = [TextSection(_LINES, view.toml("my-view")), *others]

    @property
    def picked(self) -> str:
        return self._selection.record

    @property
    def row_count(self) -> int:
        return len(self._records)

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Make the rows on screen."""
        return self._records.window(start, end, self.columns)

    async def pick(self, key: str) -> None:
        """Select a record."""
        self._selection.take_record(key, self._records.row(key))
