"""Block of a sheet that shows where something begins and ends, such as a schema on the offsets of a partition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import number_text, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.text import Element

MOST_RANGES = 100
"""Ranges that are drawn; further ones are counted."""
_COLUMNS = ("range", "from", "to")
_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Ranges:
    """Bars that begin and end anywhere on one axis, each with its name and figures."""

    title: str
    ranges: tuple[tuple[str, float, float, str], ...]
    """Name, begin and end as shares of the axis from 0 to 1, and the figures as text."""

    def packed(self) -> dict[str, Any]:
        return {"kind": "ranges", "title": self.title, "ranges": self.ranges}

    def element(self) -> Element:
        return table(_COLUMNS, self._rows(), caption=self.title)

    def text(self) -> str:
        return f"{self.title}\n{text_table(_COLUMNS, self._rows())}"

    def _rows(self) -> list[tuple[str, str, str]]:
        return [(f"{name}: {figures}", f"{begin:.0%}", f"{end:.0%}") for name, begin, end, figures in self.ranges]


def ranges_block(title: str, ranges: Sequence[tuple[str, float, float, str]]) -> Ranges:
    """Make ranges of texts that may be hostile: they are escaped and cut, and the first 100 are drawn."""
    more = len(ranges) - MOST_RANGES
    shown = tuple(
        (visible(name, _CHARACTERS), max(begin, 0.0), min(end, 1.0), visible(figures, _CHARACTERS))
        for name, begin, end, figures in ranges[:MOST_RANGES]
    )
    return Ranges(
        visible(f"{title} (first {MOST_RANGES}, {number_text(more)} more)" if more > 0 else title, 200), shown
    )
