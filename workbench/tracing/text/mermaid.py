"""Writes a graph as a Mermaid flow chart, which other tools draw: names and types only, all of them escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from workbench.text import counted, visible
from workbench.tracing.graph.edges import AMBIGUOUS, COPY, HINT
from workbench.tracing.text.labels import EventLabels, labels_of

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

MERMAID_LIMIT = 200
"""Events in a chart unless told otherwise; more than this no viewer lays out well."""

_READ_BY_OTHERS = re.compile(
    r"[^\w .,:/@+()=-]"
    # Mermaid draws labels as Markdown: an underscore at the end of a word is emphasis, and a list gives an error text.
    r"|(?<![^\W_])_|_(?![^\W_])|^[-+](?= )|(?<=^\d)\.(?= )|(?<=^\d\d)\.(?= )",
    re.ASCII,
)
_ARROWS = {COPY: "-. copy .->", AMBIGUOUS: "-. ambiguous .->", HINT: "-. hint .->"}
_ID_LIMIT = 40


def entities(text: str) -> str:
    """Write every character that Mermaid, Markdown or HTML could read as its own as a ``#NN;`` entity."""
    return _READ_BY_OTHERS.sub(lambda match: f"#{ord(match.group())};", text)


def label(text: str) -> str:
    """Write the name of a box: Mermaid refuses one without a visible character."""
    return entities(text) if text.strip() else "(empty)"


def mermaid_text(graph: CausalGraph, *, limit: int = MERMAID_LIMIT) -> str:
    """Write the first ``limit`` events by (fragment, t, id) and the edges between them; the rest is counted."""
    order = np.lexsort((np.arange(len(graph)), graph.structure.fragment))
    shown = np.sort(order[:limit])
    lines = ["flowchart LR"]
    lines += [_node(f"n{node}", labels) for node, labels in zip(shown, labels_of(graph, shown), strict=True)]
    lines += _virtual(graph, shown)
    edges, breaks = graph.edges, graph.layout_breaks()
    inside = np.isin(edges.cause, shown) & np.isin(edges.effect, shown)
    for edge in np.flatnonzero(inside).tolist():
        arrow = "-. closes a cycle .->" if breaks[edge] else _ARROWS.get(int(edges.kind[edge]), "-->")
        lines.append(f"  n{edges.cause[edge]} {arrow} n{edges.effect[edge]}")
    if len(shown) < len(graph):
        lines.append(f'  rest["{counted(len(graph) - len(shown), "more event")}"]')
    return "\n".join(lines) + "\n"


def _node(name: str, labels: EventLabels) -> str:
    text = " / ".join(label(text) for text in (labels.event_type, labels.key, *labels.remarks[:2]))
    return f'  {name}["{text}"]'


def _virtual(graph: CausalGraph, shown: Ints) -> list[str]:
    frame = graph.virtual[graph.virtual["node"].isin(shown)]
    lines = []
    for number, (value, rows) in enumerate(frame.groupby("value", sort=True)):
        lines.append(f'  v{number}(["{label(visible(str(value), _ID_LIMIT))} / not in the snapshot"])')
        lines += [f"  v{number} -.-> n{node}" for node in rows["node"].tolist()]
    return lines
