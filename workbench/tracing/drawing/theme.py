"""Colours and marks that hold in light and in dark; colour is never the only carrier of a fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

PALETTE = (
    "#2e7fb8",
    "#c2681f",
    "#2f8f5b",
    "#b8509a",
    "#7a6fd0",
    "#8c7a1f",
    "#1f8f94",
    "#d0504f",
    "#6f8a2f",
    "#8f7068",
)
"""Categorical colours for fills and lines: at least 3:1 against white, ``#111111`` and ``#212121``."""

NEUTRAL = "#7d8590"
"""For what has no category."""

ALARM = "#d0504f"
"""For what is wrong; always beside a word."""

LIGHT_BACKGROUNDS = ("#ffffff", "#f5f5f5")
DARK_BACKGROUNDS = ("#111111", "#212121")


@dataclass(frozen=True, slots=True)
class Mark:
    """How a kind of node is drawn: a shape, a border, and the word that stands for it."""

    shape: str
    """``round``, ``pill``, ``cut``, ``diamond``, ``plain``, ``stack`` or ``ellipse``."""
    dash: str
    """Dash pattern of the border in pixels; empty is a full line."""
    word: str


MARKS = {
    "inner": Mark("round", "", "event"),
    "origin": Mark("pill", "", "root"),
    "self": Mark("pill", "2 2", "root, names itself"),
    "command": Mark("diamond", "", "root, caused by a command outside the bus"),
    "unlinked": Mark("plain", "", "nobody said what caused it"),
    "orphan": Mark("cut", "", "its causes are not here"),
    "virtual": Mark("ellipse", "4 3", "cause outside the snapshot"),
    "outside": Mark("plain", "2 3", "outside the selection"),
    "group": Mark("stack", "", "folded events"),
}
"""By the ``shape`` of a `workbench.model.causation.GraphNode`."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a kind of edge is drawn."""

    dash: str
    width: float
    word: str


STROKES = {
    "explicit": Stroke("", 1.5, "caused"),
    "span": Stroke("8 2", 1.5, "caused, by spans"),
    "copy": Stroke("6 2 1 2", 1.0, "copied as"),
    "ambiguous": Stroke("5 4", 1.0, "perhaps caused"),
    "hint": Stroke("1 3", 1.0, "began the flow of"),
    "virtual": Stroke("4 3", 1.0, "caused, from outside the snapshot"),
}
"""By the ``kind`` of a `workbench.model.causation.GraphEdge`."""

LAYOUT_BREAK = Stroke("3 3", 2.0, "closes a cycle")


def palette_index(names: Collection[str | None]) -> dict[str | None, int]:
    """Give each name a colour by its place in the alphabet, so that a view opened again looks the same; None is -1."""
    known = sorted({name for name in names if name is not None})
    return {None: -1, **{name: place % len(PALETTE) for place, name in enumerate(known)}}


def colour(index: int) -> str:
    """Colour of a palette index; negative is `NEUTRAL`."""
    return NEUTRAL if index < 0 else PALETTE[index % len(PALETTE)]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(text: str) -> float:
    channels = (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)  # noqa: PLR2004 - sRGB
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
