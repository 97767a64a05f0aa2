"""Blocks of a sheet: facts, tables, lists, texts and bars, each written for a browser, a saved page and a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.text import (
    Element,
    counted,
    element,
    facts,
    fragment,
    listing,
    number_text,
    preformatted,
    table,
    text_table,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.widgets.sheet.choices import Choices
    from workbench.widgets.sheet.difference import Difference
    from workbench.widgets.sheet.ranges import Ranges

Tone: TypeAlias = Literal["plain", "warn", "error"]

ROW_LIMIT = 200
"""Rows of a table, items of a list and lines of a text; more are counted, because a tick carries all of them."""
CELL_CHARACTERS = 400
"""Characters of a value; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    title: str
    pairs: tuple[tuple[str, str], ...]

    def packed(self) -> dict[str, Any]:
        return {"kind": "facts", "title": self.title, "pairs": self.pairs}

    def element(self) -> Element:
        return fragment(element("h4", self.title), facts(self.pairs))

    def text(self) -> str:
        return "\n".join([self.title, *(f"  {name}: {value}" for name, value in self.pairs)])


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows. The rows that a long table leaves out are counted."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0

    def packed(self) -> dict[str, Any]:
        return {"kind": "table", "title": self._caption, "columns": self.columns, "rows": self.rows}

    def element(self) -> Element:
        return table(self.columns, self.rows, caption=self._caption)

    def text(self) -> str:
        return f"{self._caption}\n{text_table(self.columns, self.rows)}"

    @property
    def _caption(self) -> str:
        return (
            f"{self.title} (first {number_text(len(self.rows))}, {number_text(self.left_out)} more)"
            if self.left_out
            else self.title
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """A list, coloured by its tone: refusals, warnings, failures."""

    title: str
    items: tuple[str, ...]
    tone: Tone = "plain"

    def packed(self) -> dict[str, Any]:
        return {"kind": "lines", "title": self.title, "items": self.items, "tone": self.tone}

    def element(self) -> Element:
        return fragment(element("h4", self.title), listing(self.items))

    def text(self) -> str:
        return "\n".join([self.title, *(f"  - {item}" for item in self.items)])


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Text whose line breaks and columns are kept, such as a report."""

    title: str
    lines: tuple[str, ...]

    def packed(self) -> dict[str, Any]:
        return {"kind": "preformatted", "title": self.title, "text": "\n".join(self.lines)}

    def element(self) -> Element:
        return fragment(element("h4", self.title), preformatted("\n".join(self.lines)))

    def text(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.lines)])


@dataclass(frozen=True, slots=True)
class Bars:
    """Progress bars, one for each part."""

    title: str
    bars: tuple[tuple[str, float | None, str], ...]
    """Name, share from 0 to 1 (None: no end is known), and the figures as text."""

    def packed(self) -> dict[str, Any]:
        return {"kind": "bars", "title": self.title, "bars": self.bars}

    def element(self) -> Element:
        rows = [(name, _percent(share), figures) for name, share, figures in self.bars]
        return table(("part", "done", "position"), rows, caption=self.title)

    def text(self) -> str:
        rows = [(name, _percent(share), figures) for name, share, figures in self.bars]
        return f"{self.title}\n{text_table(('part', 'done', 'position'), rows)}"


Block: TypeAlias = "Facts | Table | Lines | Preformatted | Bars | Choices | Difference | Ranges"


def facts_block(title: str, pairs: Iterable[tuple[str, str]]) -> Facts:
    """Make facts of texts that may be hostile: they are escaped and cut."""
    shown = tuple((visible(name, 80), visible(value, CELL_CHARACTERS)) for name, value in pairs)
    return Facts(visible(title, 200), shown)


def table_block(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], limit: int = ROW_LIMIT) -> Table:
    """Make a table of texts that may be hostile: they are escaped and cut, and ``limit`` rows are kept."""
    shown = tuple(tuple(visible(cell, CELL_CHARACTERS) for cell in row) for row in rows[:limit])
    titles = tuple(visible(column, 80) for column in columns)
    return Table(visible(title, 200), titles, shown, max(len(rows) - limit, 0))


def lines_block(
    title: str,
    items: Sequence[str],
    tone: Tone = "plain",
    limit: int = ROW_LIMIT,
) -> Lines:
    """Make a list of texts that may be hostile: they are escaped and cut, and ``limit`` items are kept."""
    rest = (f"… {number_text(len(items) - limit)} more",) if len(items) > limit else ()
    return Lines(visible(title, 200), (*(visible(item, 1_000) for item in items[:limit]), *rest), tone)


def preformatted_block(title: str, text: str, limit: int = ROW_LIMIT) -> Preformatted:
    """Make a text of lines that may be hostile: they are escaped and cut, and ``limit`` lines are kept."""
    lines = text.splitlines()
    rest = (f"… {counted(len(lines) - limit, 'more line')}",) if len(lines) > limit else ()
    return Preformatted(visible(title, 200), (*(visible(line, 1_000) for line in lines[:limit]), *rest))


def _percent(share: float | None) -> str:
    return "no end" if share is None else f"{share:.0%}" if share in (0.0, 1.0) else f"{min(share, 0.999):.1%}"
