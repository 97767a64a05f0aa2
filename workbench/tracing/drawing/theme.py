"""Colours and marks for light and dark pages; no fact is shown by colour alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model.events.dead_letters import is_dead_letter_topic

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
"""Categorical colours for fills and lines, with a contrast of at least 3:1 against the pages of JupyterLab."""

NEUTRAL = "#7d8590"
"""For marks without a category."""

ALARM = "#d0504f"
"""For errors and cycles; always beside a text."""

WARNING = "#b26a00"
"""For breaks of a chain; always beside a text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Look of a kind of node: shape, border, and the text that names it."""

    shape: str
    """``round``, ``pill``, ``cut``, ``diamond``, ``plain``, ``stack`` or ``ellipse``."""
    dash: str
    """Dash pattern of the border in pixels; empty is a full line."""
    label: str


MARKS = {
    "inner": Mark("round", "", "event"),
    "origin": Mark("pill", "", "root"),
    "self": Mark("pill", "2 2", "root, names itself"),
    "command": Mark("diamond", "", "root, caused by a command outside the bus"),
    "unlinked": Mark("plain", "", "no cause declared"),
    "orphan": Mark("cut", "", "its causes are not here"),
    "virtual": Mark("ellipse", "4 3", "cause outside the snapshot"),
    "outside": Mark("plain", "2 3", "outside the selection"),
    "group": Mark("stack", "", "folded events"),
}
"""By the ``shape`` of a `workbench.model.causation.GraphNode`."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """Look of a kind of edge: dashes, width in pixels, and the text that names it."""

    dash: str
    width: float
    label: str


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


_FAILED_TYPE = re.compile(
    r"(?:^|[^A-Za-z])(?:failed|failure|error|errored|exception|rejected|timed[_ .-]?out|timeout)(?:$|[^A-Za-z])"
    r"|(?:Failed|Failure|Error|Exception|Rejected|TimedOut|Timeout)(?:$|[^a-z])",
)
_DEAD_LETTER_TYPE = re.compile(r"(?:^|[^A-Za-z])dead[_ .-]?letter(?:ed)?(?:$|[^A-Za-z])|DeadLetter(?:ed)?(?:$|[^a-z])")


def is_failure(event_type: str | None) -> bool:
    """Whether the name of a type says that an event is a failure."""
    return bool(_FAILED_TYPE.search(event_type or ""))


def is_dead_letter(event_type: str | None, topic: str | None) -> bool:
    """Whether the name of its type or of its topic says that an event is a dead letter."""
    return bool(_DEAD_LETTER_TYPE.search(event_type or "")) or is_dead_letter_topic(topic or "")


def palette_index(names: Collection[str | None]) -> dict[str | None, int]:
    """Give each name a colour by its place in the alphabet, so that a view opened again looks the same; None is -1."""
    known = sorted({name for name in names if name is not None})
    return {None: -1, **{name: place % len(PALETTE) for place, name in enumerate(known)}}


def colour(index: int) -> str:
    """Colour of a palette index; negative is `NEUTRAL`."""
    return NEUTRAL if index < 0 else PALETTE[index % len(PALETTE)]
