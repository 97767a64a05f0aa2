"""The legend of a drawn graph as SVG, and the badge of a failure, for the picture that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.charts.legend import side_by_side
from workbench.text import Element, element
from workbench.tracing.drawing import theme
from workbench.widgets.causation_graph.shapes import BADGE, BADGE_RADIUS

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK_PX = 38
_MIDDLE_PX = 15
_STROKE = "M-14,0H14"


def drawn_legend(entries: Iterable[tuple[str, str, str, str]], width: float) -> tuple[Element, float]:
    """Draw a legend.

    Args:
        entries: Kind (``node``, ``edge``, ``failed`` or empty), outline, dashes and text of each, as
            `workbench.widgets.causation_graph.content.view_content` gives them.
        width: Room in CSS pixels.

    Returns:
        The legend and its height.
    """
    marked = ((_mark(kind, path, dash), _MARK_PX if kind else 0, text) for kind, path, dash, text in entries)
    return side_by_side(marked, width)


def failure_badge(x: float, y: float) -> Element:
    """Draw the red badge of a failed event or a dead letter around a corner of its node."""
    return element(
        "g",
        element("circle", r=f"{BADGE_RADIUS:g}", fill=theme.ALARM),
        element("path", d=BADGE, fill="none", stroke="#ffffff", stroke_width="1.8"),
        transform=f"translate({x:g},{y:g})",
    )


def _mark(kind: str, path: str, dash: str) -> Element | None:
    if kind == "failed":
        return failure_badge(_MIDDLE_PX, 0)
    line = {"fill": "none", "stroke": "currentColor", "stroke_opacity": "0.75", "stroke_dasharray": dash or None}
    place = f"translate({_MIDDLE_PX:g},0)"
    return element("path", d=path or _STROKE, **line, stroke_width="1.5", transform=place) if kind else None
