"""What a sheet shows: facts, tables, lists and bars as values, ready for a browser, a saved page and a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.text import Element, element, facts, fragment, listing, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.model.feeds import Progress

Tone: TypeAlias = Literal["plain", "warn", "error"]

ROW_LIMIT = 200
CELL_CHARACTERS = 400


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
    """Columns and rows; the rest of a long table is counted."""

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
        return f"{self.title} (first {len(self.rows):,}, {self.left_out:,} more)" if self.left_out else self.title


@dataclass(frozen=True, slots=True)
class Lines:
    """A list that stands out: what is refused, what is warned of, what failed."""

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
    """Text whose line breaks and columns matter, such as a report."""

    title: str
    lines: tuple[str, ...]

    def packed(self) -> dict[str, Any]:
        return {"kind": "preformatted", "title": self.title, "text": "\n".join(self.lines)}

    def element(self) -> Element:
        return fragment(element("h4", self.title), element("pre", "\n".join(self.lines)))

    def text(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.lines)])


@dataclass(frozen=True, slots=True)
class Bars:
    """How far each part is."""

    title: str
    bars: tuple[tuple[str, float | None, str], ...]
    """Name, share from 0 to 1 (None has no end), and the figures in words."""

    def packed(self) -> dict[str, Any]:
        return {"kind": "bars", "title": self.title, "bars": self.bars}

    def element(self) -> Element:
        rows = [(name, _percent(share), words) for name, share, words in self.bars]
        return table(("part", "done", "position"), rows, caption=self.title)

    def text(self) -> str:
        rows = [(name, _percent(share), words) for name, share, words in self.bars]
        return f"{self.title}\n{text_table(('part', 'done', 'position'), rows)}"


Block: TypeAlias = "Facts | Table | Lines | Preformatted | Bars"


def facts_block(title: str, pairs: Iterable[tuple[str, str]]) -> Facts:
    """Make facts of texts that may be hostile."""
    shown = tuple((visible(name, 80), visible(value, CELL_CHARACTERS)) for name, value in pairs)
    return Facts(visible(title, 200), shown)


def table_block(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], limit: int = ROW_LIMIT) -> Table:
    """Make a table of texts that may be hostile, its first ``limit`` rows."""
    shown = tuple(tuple(visible(cell, CELL_CHARACTERS) for cell in row) for row in rows[:limit])
    titles = tuple(visible(column, 80) for column in columns)
    return Table(visible(title, 200), titles, shown, max(len(rows) - limit, 0))


def lines_block(
    title: str,
    items: Sequence[str],
    tone: Tone = "plain",
    limit: int = ROW_LIMIT,
) -> Lines:
    """Make a list of texts that may be hostile."""
    rest = (f"… {len(items) - limit:,} more",) if len(items) > limit else ()
    return Lines(visible(title, 200), (*(visible(item, 1_000) for item in items[:limit]), *rest), tone)


def preformatted_block(title: str, text: str, limit: int = ROW_LIMIT) -> Preformatted:
    """Make a text of lines that may be hostile."""
    lines = text.splitlines()
    rest = (f"… {len(lines) - limit:,} lines more",) if len(lines) > limit else ()
    return Preformatted(visible(title, 200), (*(visible(line, 1_000) for line in lines[:limit]), *rest))


def progress_blocks(progress: Progress, title: str) -> list[Block]:
    """Show how far a job is: a bar for each part, the sum first, and what was counted."""
    parts = progress.parts
    bars = [
        (visible(part.name, 120), part.share, _position(part.position, part.end, part.rate, part.remaining))
        for part in parts[:ROW_LIMIT]
    ]
    if len(parts) > 1:
        bars.insert(0, _sum(progress))
    counts = tuple((visible(name, 80), f"{number:,}") for name, number in progress.counts)
    blocks: list[Block] = [Bars(visible(title, 200), tuple(bars))] if bars else []
    if counts:
        blocks.append(Facts("Counted", counts))
    return blocks


def _sum(progress: Progress) -> tuple[str, float | None, str]:
    parts = progress.parts
    rates = [part.rate for part in parts if part.rate is not None]
    bounded = [(part.start, part.end, part.position) for part in parts if part.end is not None]
    done = sum(max(part.position - part.start, 0) for part in parts)
    rate = sum(rates) if rates else None
    if len(bounded) < len(parts):
        return f"all {len(parts)} parts", None, _words(done, None, rate, None)
    total = sum(max(end - start, 0) for start, end, _ in bounded)
    remaining = sum(max(end - position, 0) for _, end, position in bounded)
    return f"all {len(parts)} parts", 1.0 if not total else done / total, _words(done, total, rate, remaining)


def _position(position: int, end: int | None, rate: float | None, remaining: int | None) -> str:
    return f"at {_words(position, end, rate, remaining)}"


def _words(position: int, end: int | None, rate: float | None, remaining: int | None) -> str:
    where = f"{position:,}" if end is None else f"{position:,} of {end:,}"
    speed = "" if rate is None else f", {rate:,.0f}/s"
    left = "" if not remaining else f", {remaining:,} remaining"
    until = f", about {_duration(remaining / rate)}" if remaining and rate else ""
    return f"{where}{speed}{left}{until}"


def _duration(seconds: float) -> str:
    whole = max(round(seconds), 1)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _percent(share: float | None) -> str:
    return "no end" if share is None else f"{share:.0%}" if share in (0.0, 1.0) else f"{min(share, 0.999):.1%}"
