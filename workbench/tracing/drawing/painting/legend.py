"""The legend of a drawing as SVG, and the badges of failures, dead letters and breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.charts.legend import side_by_side
from workbench.text import Element, element
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.shapes import BADGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.model.causation import BadgeKind

Entry = tuple[str, str, str, str]
"""Kind (``node``, ``edge``, ``path``, ``area``, the kind of a badge, or empty), outline, dashes and text.

An area has its opacity instead of dashes, a badge its sign."""

BADGE_LABELS: dict[BadgeKind, str] = {
    "failed": "failure",
    "dead": "dead letter",
    "break": "the chain breaks: cause missing, or of another correlation",
}
PATH_ENTRY: Entry = ("path", "", "", "critical path: what the end waited for")
_MARK_PX = 38
_MIDDLE_PX = 15
_STROKE = "M-14,0H14"


def badge_entries(kinds: Iterable[str]) -> list[Entry]:
    """Return the entries of the badges that a drawing has."""
    found = set(kinds)
    return [(kind, *BADGES[kind], label) for kind, label in BADGE_LABELS.items() if kind in found]


def drawn_legend(entries: Iterable[Entry], width: float) -> tuple[Element, float]:
    """Draw a legend.

    Args:
        entries: See `Entry`.
        width: Room in CSS pixels.

    Returns:
        The legend and its height.
    """
    marked = ((_mark(kind, path, dash), _MARK_PX if kind else 0, text) for kind, path, dash, text in entries)
    return side_by_side(marked, width)


def drawn_badge(kind: BadgeKind, x: float, y: float) -> Element:
    """Draw a badge around a point."""
    outline, sign = BADGES[kind]
    fill = theme.WARNING if kind == "break" else theme.ALARM
    return element(
        "g",
        element("path", d=outline, fill=fill),
        element("path", d=sign, fill="none", stroke="#ffffff", stroke_width="1.8"),
        transform=f"translate({x:g},{y:g})",
    )


def _mark(kind: str, path: str, dash: str) -> Element | None:
    if kind in BADGES:
        return drawn_badge(kind, _MIDDLE_PX, 0)
    place = f"translate({_MIDDLE_PX:g},0)"
    if kind == "path":
        return element("g", *double_line(_STROKE, "currentColor", 1.5), transform=place)
    if kind == "area":
        return element("path", d=path, fill="currentColor", fill_opacity=dash, stroke="currentColor", transform=place)
    line = {"fill": "none", "stroke": "currentColor", "stroke_opacity": "0.75", "stroke_dasharray": dash or None}
    return element("path", d=path or _STROKE, **line, stroke_width="1.5", transform=place) if kind else None


def double_line(path: str, colour: str, width: float) -> tuple[Element, Element]:
    """Draw a line of the critical path: two strokes side by side, which no other line is."""
    outer, inner = f"{width + 3.5:g}", f"{width:g}"
    return (
        element("path", d=path, fill="none", stroke=colour, stroke_width=outer),
        element("path", d=path, fill="none", stroke="Canvas", stroke_width=inner),
    )
