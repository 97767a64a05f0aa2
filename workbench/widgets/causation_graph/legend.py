"""The legend of a drawn graph as SVG, and the badge of a failure, for the picture that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import Element, element
from workbench.tracing.drawing import theme
from workbench.widgets.causation_graph.shapes import BADGE, BADGE_RADIUS

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK_PX, _GAP_PX, _ROW_PX = 38, 18, 24
_CHARACTER_PX = 6.6
_STROKE = "M-14,0H14"


def drawn_legend(entries: Iterable[tuple[str, str, str, str]], width: float) -> tuple[Element, float]:
    """Draw entries side by side, in as many rows as they need.

    Args:
        entries: Kind (``node``, ``edge``, ``failed`` or empty), outline, dashes and text of each, as
            `workbench.widgets.causation_graph.content.view_content` gives them.
        width: Room in CSS pixels.

    Returns:
        The legend and its height.
    """
    x, y = 6.0, _ROW_PX / 2
    drawn: list[Element] = []
    for kind, path, dash, text in entries:
        mark = _MARK_PX if kind else 0
        room = mark + len(text) * _CHARACTER_PX + _GAP_PX
        if x + room > width and drawn:
            x, y = 6.0, y + _ROW_PX
        drawn.append(element("g", _mark(kind, path, dash), _text(text, mark), transform=f"translate({x:g},{y:g})"))
        x += room
    return element("g", *drawn), y + _ROW_PX / 2 if drawn else 0.0


def failure_badge(x: float, y: float) -> Element:
    """Draw the red badge of a failed event or a dead letter around a corner of its node."""
    return element(
        "g",
        element("circle", r=f"{BADGE_RADIUS:g}", fill=theme.ALARM),
        element("path", d=BADGE, fill="none", stroke="#ffffff", stroke_width="1.8"),
        transform=f"translate({x:g},{y:g})",
    )


def _mark(kind: str, path: str, dash: str) -> Element | None:
    line = {"fill": "none", "stroke": "currentColor", "stroke_opacity": "0.75", "stroke_dasharray": dash or None}
    middle = _MARK_PX / 2 - 4
    place = f"translate({middle:g},0)"
    if kind == "failed":
        return failure_badge(middle, 0)
    return element("path", d=path or _STROKE, **line, stroke_width="1.5", transform=place) if kind else None


def _text(text: str, begin: float) -> Element:
    return element("text", text, x=f"{begin:g}", y=4, fill_opacity="0.75")
