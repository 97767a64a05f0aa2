"""The graph as Mermaid text: a flow chart that other tools draw; names and types only, all of them escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from workbench.text import visible
from workbench.tracing.graph.resolve import AMBIGUOUS, COPY, HINT
from workbench.tracing.text.labels import EventLabels, labels_of

if TYPE_CHECKING:
    from workbench.tracing.graph.components import Components
    from workbench.tracing.graph.structure import Structure

MERMAID_LIMIT = 200
"""Events in a chart unless told otherwise; more than this no viewer lays out well."""

_PLAIN = re.compile(r"[^\w .,:/@+()=-]", re.ASCII)
_ARROWS = {COPY: "-. copy .->", AMBIGUOUS: "-. ambiguous .->", HINT: "-. hint .->"}
_ID_LIMIT = 40


def entities(text: str) -> str:
    """Write every character that Mermaid or HTML could read as its own as a ``#NN;`` entity."""
    return _PLAIN.sub(lambda match: f"#{ord(match.group())};", text)


def mermaid_text(parts: Components, structure: Structure, *, limit: int) -> str:
    """Write the first ``limit`` events by (fragment, t, id) and the edges between them; the rest is counted."""
    order = np.lexsort((np.arange(len(parts)), structure.fragment))
    shown = np.sort(order[:limit])
    lines = ["flowchart LR"]
    lines += [
        _node(f"n{node}", words) for node, words in zip(shown, labels_of(parts, shown, structure.cycles), strict=True)
    ]
    lines += _virtual(parts, shown)
    breaks = np.zeros(len(parts.links), dtype=np.bool_)
    breaks[np.flatnonzero(parts.links.used())[structure.layout_break]] = True
    inside = np.isin(parts.links.cause, shown) & np.isin(parts.links.effect, shown)
    for edge in np.flatnonzero(inside).tolist():
        kind = int(parts.links.kind[edge])
        arrow = "-. closes a cycle .->" if breaks[edge] else _ARROWS.get(kind, "-->")
        lines.append(f"  n{parts.links.cause[edge]} {arrow} n{parts.links.effect[edge]}")
    if len(shown) < len(parts):
        lines.append(f'  rest["{len(parts) - len(shown):,} more events"]')
    return "\n".join(lines) + "\n"


def _node(name: str, words: EventLabels) -> str:
    text = " / ".join(entities(piece) for piece in (words.event_type, words.key, *words.remarks[:2]))
    return f'  {name}["{text}"]'


def _virtual(parts: Components, shown: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    frame = parts.virtual[parts.virtual["node"].isin(shown)]
    lines = []
    for number, (value, rows) in enumerate(frame.groupby("value", sort=True)):
        lines.append(f'  v{number}(["{entities(visible(str(value), _ID_LIMIT))} / not in the snapshot"])')
        lines += [f"  v{number} -.-> n{node}" for node in rows["node"].tolist()]
    return lines
