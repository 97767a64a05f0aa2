"""Paths of simple lines and areas, and the axis of time at the top of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.causation import Part
from workbench.tracing.drawing.painting.shapes import readable
from workbench.tracing.drawing.time_axis import TICK_PX, tick_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.tracing.drawing.time_axis import TimeAxis


def area(x0: float, y0: float, x1: float, y1: float) -> str:
    """Write a rectangle between two corners as an SVG path."""
    return f"M{x0:.1f},{y0:.1f}H{x1:.1f}V{y1:.1f}H{x0:.1f}Z"


def line(*points: tuple[float, float]) -> str:
    """Write a line through some points as an SVG path."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def areas(boxes: Iterable[tuple[float, float, float, float]]) -> str:
    """Write many rectangles as one path: one element for all of them."""
    return "".join(area(*box) for box in boxes)


def axis_parts(
    axis: TimeAxis, left: float, top: float, bottom: float, *, folded: str = "idle"
) -> tuple[list[Part], list[Part]]:
    """Draw an axis: lines and bands of idle time for behind the picture, labels for its top.

    Args:
        axis: The axis.
        left: Where it begins.
        top: Height at which the labels stand.
        bottom: How far down the lines lead.
        folded: Word for a gap in which nothing happens.
    """
    ticks = axis.ticks()
    if not ticks:
        return [], []
    places = [left + tick.x for tick in ticks if tick.idle_us is None]
    behind = [
        Part("guide", "".join(line((x, top), (x, bottom)) for x in places)),
        *_idle(axis.folds(), left, top, bottom),
    ]
    times: list[tuple[float, str]] = []
    idle: list[tuple[float, str]] = []
    for tick, text in zip(ticks, tick_labels(ticks, folded=folded), strict=True):
        (times if tick.idle_us is None else idle).append((left + tick.x - tick.width / 2, text))
    return behind, [*_line(times, top - 7), *_line(idle, top - 22)]


def _line(labels: Sequence[tuple[float, str]], y: float) -> list[Part]:
    """Write the labels that do not run into the one before."""
    shown = readable(labels, TICK_PX)
    return [Part("tick", text=text, x=x + 3, y=y) for (x, text), kept in zip(labels, shown, strict=True) if kept]


def _idle(folds: Sequence[tuple[float, float, int]], left: float, top: float, bottom: float) -> list[Part]:
    return [Part("idle", area(left + start, top, left + end, bottom)) for start, end, _ in folds]
