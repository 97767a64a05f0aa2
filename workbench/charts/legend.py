"""Sets the entries of a legend side by side, in as many rows as they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import Element, element

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEFT_PX, _GAP_PX, _ROW_PX = 6.0, 18, 24
_CHARACTER_PX = 6.6
"""Width of a character of 12 px on average: nothing measures text here."""


def side_by_side(entries: Iterable[tuple[Element | None, float, str]], width: float) -> tuple[Element, float]:
    """Draw a legend.

    Args:
        entries: The mark of each around the height 0, the width that it takes in CSS pixels, and the text.
        width: Room in CSS pixels.

    Returns:
        The legend and its height.
    """
    x, y = _LEFT_PX, _ROW_PX / 2
    drawn: list[Element] = []
    for mark, taken, text in entries:
        room = taken + len(text) * _CHARACTER_PX + _GAP_PX
        if x + room > width and x > _LEFT_PX:
            x, y = _LEFT_PX, y + _ROW_PX
        written = element("text", text, x=f"{taken:g}", y=4, fill_opacity="0.75")
        drawn.append(element("g", mark, written, transform=f"translate({x:g},{y:g})"))
        x += room
    return element("g", *drawn), y + _ROW_PX / 2 if drawn else 0.0
