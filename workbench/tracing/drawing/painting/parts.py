"""Looks of the parts of a picture: what `style.css` of the widget says for the live view, here for SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import Element, element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.causation import Part


_USUAL_PX = 12.0


@dataclass(frozen=True, slots=True)
class Look:
    """How a part is drawn; ``colour`` stands for the colour of its node."""

    fill: str = "none"
    fill_opacity: float = 1.0
    stroke: str = "none"
    stroke_opacity: float = 1.0
    width: float = 1.0
    dash: str = ""
    size: float = _USUAL_PX
    """Height of text in pixels, 10 at least."""
    weight: int = 400


_INK = "currentColor"
LOOKS = {
    "label": Look(_INK),
    "strong": Look(_INK, weight=600),
    "sub": Look(_INK, 0.75, size=10.5),
    "tick": Look(_INK, 0.75, size=11),
    "bar": Look("colour"),
    "wait": Look("colour", 0.2, "colour", dash="3 2"),
    "back": Look("none", 1.0, "colour", width=1.5, dash="2 2"),
    "point": Look("colour", 1.0, _INK),
    "critical": Look(_INK),
    "line": Look(stroke=_INK, stroke_opacity=0.3),
    "guide": Look(stroke=_INK, stroke_opacity=0.3),
    "stripe": Look(_INK, 0.04),
    "idle": Look(_INK, 0.07, _INK, 0.3, dash="3 3"),
    "box": Look("Canvas", 1.0, "colour", width=1.5),
    "head": Look("Canvas", 1.0, _INK, 0.6),
    "active": Look("colour", 0.25, "colour"),
    "arrow": Look(stroke="colour", width=1.5),
    "dashed": Look(stroke="colour", width=1.5, dash="5 4"),
    "double": Look(stroke="colour", width=5.0),
    "core": Look(stroke="Canvas", width=1.8),
    "tip": Look("colour"),
    "stack": Look("Canvas", 1.0, _INK, 0.6),
    "before": Look("none", 1.0, _INK, 0.75),
    "after": Look(_INK, 0.75),
}
"""By the ``look`` of a `workbench.model.causation.Part`."""


def part_content(parts: Sequence[Part]) -> list[list[Any]]:
    """Return parts as JSON: look and path, or look, place, text and anchor."""
    return [
        [part.look, part.path] if part.path else [part.look, round(part.x, 1), round(part.y, 1), part.text, part.anchor]
        for part in parts
    ]


def drawn_part(part: Sequence[Any], colour: str) -> Element:
    """Draw a part of `part_content` as SVG."""
    look = LOOKS[part[0]]
    fill, stroke = (colour if name == "colour" else name for name in (look.fill, look.stroke))
    if part[2:]:
        _, x, y, text, anchor = part
        weight = str(look.weight) if look.weight > 400 else None  # noqa: PLR2004 - the usual weight
        size = f"{look.size:g}" if look.size != _USUAL_PX else None
        opacity = f"{look.fill_opacity:g}" if look.fill_opacity < 1 else None
        place = {"x": f"{x:g}", "y": f"{y:g}", "text_anchor": anchor if anchor != "start" else None}
        return element("text", text, **place, font_size=size, font_weight=weight, fill_opacity=opacity)
    return element(
        "path",
        d=part[1],
        fill=fill,
        fill_opacity=f"{look.fill_opacity:g}" if look.fill_opacity < 1 else None,
        stroke=stroke,
        stroke_opacity=f"{look.stroke_opacity:g}" if look.stroke_opacity < 1 else None,
        stroke_width=f"{look.width:g}",
        stroke_dasharray=look.dash or None,
    )
