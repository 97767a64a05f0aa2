"""Paths and texts of a drawn graph: the live view and the picture that stays draw the same ones."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.causation import BadgeKind

Point: TypeAlias = tuple[float, float]

BADGES: dict[BadgeKind, tuple[str, str]] = {
    "failed": ("M-7,0A7,7 0 1 1 7,0A7,7 0 1 1 -7,0Z", "M-3,-3L3,3M3,-3L-3,3"),
    "dead": ("M-7,-7H7V7H-7Z", "M0,-4.5V1.5M-3,-1.5L0,1.5L3,-1.5M-4,4H4"),
    "break": ("M-8.5,0L0,-8.5L8.5,0L0,8.5Z", "M-2.5,3.5L-0.5,-3.5M0.5,3.5L2.5,-3.5"),
}
"""Outline and sign of each badge: a cross in a circle, an arrow into a tray in a square, two strokes in a diamond."""
BADGE_PX = 17.0
"""Distance of badges beside each other."""
_ROUND = 5.0
_HEAD, _HEAD_ANGLE = 8.0, 0.42
_SUB_PX, _LABEL_STEP_PX, _STEPS = 5.8, 13.0, (0, 1, -1, 2, -2, 3, -3)
"""Width of a character of a small label, and how far and often a label is moved away from another one."""
_ABOVE, _BELOW = -5.0, 14.0
"""From a line to the base line of a text that stands on it, and of one under it."""
_CUT = re.compile(r"… \([\d,]+ characters?\)$")
"""How `workbench.text.visible` ends a text that it cut."""
_LEAST_CUT = 2
"""Characters that are left of a text at least, the ellipsis included."""
_BOTH_ENDS = 12
"""Characters from which on both ends of a text say something."""


def edge_path(route: Sequence[Point]) -> str:
    """Write an edge as an SVG path.

    Args:
        route: Two points for a curve that leaves and arrives level; each further pair is where it passes a layer, level
            as well. An odd number is an arc, rounded at the points between its ends.
    """
    if not route[1:]:
        return ""
    if _is_arc(route):
        return _through_bends(route)
    pieces = [f"M{_at(*route[0])}"]
    for number in range(0, len(route), 2):
        (x0, y0), (x1, y1) = route[number : number + 2]
        bend = max(abs(x1 - x0) / 2, 12.0) * (1 if x1 >= x0 else -1)
        level = f"L{_at(x0, y0)}" if number else ""
        pieces.append(f"{level}C{_at(x0 + bend, y0)} {_at(x1 - bend, y1)} {_at(x1, y1)}")
    return "".join(pieces)


def _is_arc(route: Sequence[Point]) -> bool:
    return len(route) % 2 == 1


def _through_bends(route: Sequence[Point]) -> str:
    pieces = [f"M{_at(*route[0])}"]
    for number, (x, y) in enumerate(route[1:-1], start=1):
        following = route[number + 1]
        last = number == len(route) - 2
        end = following if last else ((x + following[0]) / 2, (y + following[1]) / 2)
        pieces.append(f"Q{_at(x, y)} {_at(*end)}")
    return "".join(pieces)


def arrow_head(route: Sequence[Point]) -> str:
    """Write the triangle at the end of an edge as an SVG path."""
    if not route[1:]:
        return ""
    (fx, fy), (x, y) = route[-2:]
    # A curve arrives level, whatever the height between its points.
    angle = math.atan2(y - fy, x - fx) if _is_arc(route) else 0.0 if x >= fx else math.pi
    corners = (
        _at(x + _HEAD * math.cos(angle + math.pi + turn), y + _HEAD * math.sin(angle + math.pi + turn))
        for turn in (_HEAD_ANGLE, -_HEAD_ANGLE)
    )
    return f"M{_at(x, y)}L{'L'.join(corners)}Z"


def hop_place(route: Sequence[Point], *, shared_start: bool, shared_end: bool) -> tuple[float, float, str]:
    """Return where the time of a hop is written, and its anchor, so that hops of one node do not lie on each other.

    Args:
        route: The edge.
        shared_start: Other edges with a time begin at the same node.
        shared_end: Other edges with a time end at the same node.
    """
    (x0, y0), (x1, y1) = route[0], route[-1]
    # On the side of the line to which it does not bend.
    if not shared_end:
        return x1 - 8, y1 + (_BELOW if route[-2][1] < y1 else _ABOVE), "end"
    if not shared_start:
        return x0 + 8, y0 + (_BELOW if route[1][1] < y0 else _ABOVE), "start"
    (x0, y0), (x1, y1) = route[(len(route) - 1) // 2], route[len(route) // 2]
    return (x0 + x1) / 2, (y0 + y1) / 2 - 5, "middle"


def apart(
    labels: Sequence[tuple[float, float, str]], boxes: Sequence[tuple[float, float, float, float]]
) -> list[float]:
    """Return the height of each label in the middle of a line, moved up or down where it would lie on another one.

    Args:
        labels: Middle, base line and text of each.
        boxes: Middle, width and height of what labels must not be moved onto.
    """
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for x, y, text in labels:
        width = len(text) * _SUB_PX
        free = (
            y + step * _LABEL_STEP_PX
            for step in _STEPS
            if not any(_overlap((x, y + step * _LABEL_STEP_PX - 4, width, _LABEL_STEP_PX - 2), one) for one in taken)
            and (not step or not any(_overlap((x, y + step * _LABEL_STEP_PX - 4, width, 8), one) for one in boxes))
        )
        found.append(next(free, y))
        taken.append((x, found[-1] - 4, width, _LABEL_STEP_PX - 2))
    return found


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    (x0, y0, w0, h0), (x1, y1, w1, h1) = one, other
    return abs(x0 - x1) * 2 < w0 + w1 and abs(y0 - y1) * 2 < h0 + h1


def outline(shape: str, width: float, height: float) -> str:
    """Write the border of a node around its centre as an SVG path; the shape says what the colour does not.

    Args:
        shape: A name of `workbench.tracing.drawing.theme.Mark.shape`; any other is drawn ``round``.
        width: In CSS pixels.
        height: In CSS pixels.
    """
    x, y = width / 2, height / 2
    c = min(x, y)
    half = c / 2
    straight = {
        "plain": f"M{_at(-x, -y)}H{_n(x)}V{_n(y)}H{_n(-x)}Z",
        "diamond": f"M{_at(-x, 0)}L{_at(c - x, -y)}H{_n(x - c)}L{_at(x, 0)}L{_at(x - c, y)}H{_n(c - x)}Z",
        "cut": f"M{_at(half - x, -y)}H{_n(x)}V{_n(y - half)}L{_at(x - half, y)}H{_n(-x)}V{_n(half - y)}Z",
    }
    if shape in straight:
        return straight[shape]
    radii = {"pill": (c, c), "ellipse": (x, y), "stack": (4.0, 4.0)}.get(shape, (min(_ROUND, c), min(_ROUND, c)))
    behind = f"M{_at(4 - x, y + 3)}H{_n(x + 3)}V{_n(4 - y)}V{_n(y + 3)}H{_n(4 - x)}Z" if shape == "stack" else ""
    return _rounded(x, y, *radii) + behind


def _rounded(x: float, y: float, rx: float, ry: float) -> str:
    arc = f"A{_n(rx)},{_n(ry)} 0 0 1 "
    return (
        f"M{_at(rx - x, -y)}H{_n(x - rx)}{arc}{_at(x, ry - y)}V{_n(y - ry)}{arc}{_at(x - rx, y)}"
        f"H{_n(rx - x)}{arc}{_at(-x, y - ry)}V{_n(ry - y)}{arc}{_at(rx - x, -y)}Z"
    )


def fitted(text: str, width: float, per_character: float, suffix: str = "") -> str:
    """Cut a text so that it fits a width in pixels together with a suffix.

    The end is kept, because long names of types and topics differ there. A name without dots and slashes is that of a
    service or a host, as ``orders-579b9bff58-t2dbm``: a third of it is from the beginning. Of a text that was cut
    already, which says so at its end, the beginning is kept.
    """
    room = max(int(width / per_character) - len(suffix), _LEAST_CUT)
    known = _CUT.sub("", text)
    if len(text) <= room:
        return f"{text}{suffix}"
    head = room - 1 if known != text else room // 3 if room >= _BOTH_ENDS and not set("./") & set(text) else 0
    return f"{known[:head]}…{known[len(known) - (room - 1 - head) :] if head < room - 1 else ''}{suffix}"


def readable(labels: Sequence[tuple[float, str]], per_character: float) -> list[bool]:
    """Tell which labels of an axis can be written without running into the one before."""
    free = -math.inf
    kept = []
    for x, label in labels:
        kept.append(x >= free)
        if x >= free:
            free = x + len(label) * per_character + 10
    return kept


def _at(x: float, y: float) -> str:
    return f"{_n(x)},{_n(y)}"


def _n(value: float) -> str:
    """Write a coordinate to a tenth of a pixel: a drawing of 5,000 nodes is one message."""
    return f"{value:.1f}".removesuffix(".0")
