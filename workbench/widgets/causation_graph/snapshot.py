"""Snapshot of the causal graph: what the live view draws, as a static SVG picture and a table of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import StaticView, counted, element, fragment, table, text_table, visible
from workbench.tracing.drawing.painting.content import view_content
from workbench.tracing.drawing.painting.svg import drawn_svg

if TYPE_CHECKING:
    from workbench.model.causation import GraphView, Picture

ROWS = 60
"""Events in the table of the snapshot; more are counted."""


def graph_snapshot(view: GraphView | Picture, title: str) -> StaticView:
    """Draw legend, lanes, edges and nodes without scripts; below them the counts, and the events as a table."""
    content = view_content(view)
    heading = f"{title}: {content['text']}"
    lines = [heading, " · ".join(content["facts"]), *content["notes"], content["provenance"]]
    texts = [visible(line, 1_000) for line in lines if line]
    rows = [("\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" * depth + kind, *rest) for _, depth, kind, *rest in content["rows"]]
    left_out = len(rows) - ROWS
    more = [f"{counted(left_out, 'more row')}: in the live view, and in .frame"] if left_out > 0 else []
    body = fragment(
        drawn_svg(content, heading),
        *(element("p", text) for text in texts),
        table(content["titles"], rows[:ROWS], numeric=content["numeric"], caption="The same as a table"),
        *(element("p", text) for text in more),
        class_="workbench-snapshot",
    )
    plain = text_table(content["titles"], rows[:ROWS], numeric=content["numeric"])
    return StaticView(body, "\n".join([plain, *(f"… {text}" for text in more), *texts]))
