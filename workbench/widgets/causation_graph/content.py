"""Content of the message that carries a drawn graph to the browser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.text import counted, duration_text, number_text, plural, position_text, visible
from workbench.tracing.drawing import theme

if TYPE_CHECKING:
    from workbench.model.causation import GraphEdge, GraphNode, GraphView


def view_content(view: GraphView) -> dict[str, Any]:
    """Return everything that the view draws, as JSON. Texts of events are escaped and cut here, not in the view."""
    return {
        "layout": view.layout,
        "width": view.width,
        "height": view.height,
        "text": view.header.text,
        "facts": [visible(fact, 200) for fact in header_facts(view)],
        "notes": [visible(note, 500) for note in view.notes],
        "provenance": visible(view.provenance, 500),
        "opened": len(view.opened),
        "legend": _legend(view),
        "lanes": [[visible(lane.name, 60), lane.y, lane.height, lane.events] for lane in view.lanes],
        "ticks": [[tick.x, visible(tick.label, 40)] for tick in view.ticks],
        "nodes": [_node(node) for node in view.nodes],
        "edges": [_edge(edge, lanes=bool(view.lanes)) for edge in view.edges],
        "rows": [
            [
                row.key,
                row.depth,
                *(visible(text, 200) for text in (row.event_type, row.source, row.position, row.time)),
                *(visible(text, 200) for text in (row.hop, row.causes, row.effects, row.remarks)),
            ]
            for row in view.rows
        ],
    }


def _edge(edge: GraphEdge, *, lanes: bool) -> list[Any]:
    stroke = theme.LAYOUT_BREAK if edge.layout_break else theme.STROKES[edge.kind]
    # An edge that stands for many folded ones is drawn wider, up to a width that still shows where it leads.
    width = min(stroke.width + math.log2(max(edge.edges, 1)), 5.0)
    hop = None if edge.hop_us is None or lanes else duration_text(edge.hop_us, "us", signed=True)
    return [edge.cause, edge.effect, edge.route, stroke.dash, round(width, 2), edge.layout_break, hop]


def _legend(view: GraphView) -> list[tuple[str, str, str, str]]:
    """Kind, shape, dashes and text of each mark and stroke that the drawing has; the usual ones are not explained."""
    shapes = {node.shape for node in view.nodes} - {"inner"}
    strokes = {edge.kind for edge in view.edges} - {"explicit"}
    entries = [("node", mark.shape, mark.dash, mark.label) for name, mark in theme.MARKS.items() if name in shapes]
    entries += [("edge", "", stroke.dash, stroke.label) for name, stroke in theme.STROKES.items() if name in strokes]
    if any(edge.layout_break for edge in view.edges):
        entries.append(("edge", "", theme.LAYOUT_BREAK.dash, theme.LAYOUT_BREAK.label))
    if any(theme.is_failure(node.event_type, node.topic) for node in view.nodes):
        entries.append(("failed", "", "", "failure or dead letter"))
    sources = {node.source for node in view.nodes if node.source is not None}
    return [*entries, *([("", "", "", "colour: source")] if len(sources) > 1 else [])]


def _node(node: GraphNode) -> dict[str, Any]:
    mark = theme.MARKS.get(node.shape, theme.MARKS["inner"])
    return {
        "key": node.key,
        "kind": node.kind,
        "label": visible(node.label, 120),
        "sub": visible(_where(node), 120),
        "name": visible(node.name, 400),
        "x": node.x,
        "y": node.y,
        "w": node.width,
        "h": node.height,
        "shape": mark.shape,
        "dash": mark.dash,
        "colour": theme.colour(node.colour),
        "cycle": node.in_cycle,
        "failed": theme.is_failure(node.event_type, node.topic),
        "facts": [
            *([["id", visible(node.event_id, 200)]] if node.event_id is not None else []),
            *(["copy", visible(text, 200)] for text in node.copies),
            *(["unresolved cause", visible(text, 200)] for text in node.unresolved),
        ],
    }


def _where(node: GraphNode) -> str:
    if node.topic is None or node.partition is None or node.offset is None:
        return ""
    return position_text(node.topic, node.partition, node.offset)


def header_facts(view: GraphView) -> list[str]:
    """Return the counts of a view as texts; counts of zero are left out."""
    header = view.header
    folded = [f"{number_text(header.events_folded)} folded"] if header.events_folded else []
    counts = [
        f"{number_text(number)} {what}"
        for what, number in (
            *((f"{plural(n, 'root')} ({kind})", n) for kind, n in header.roots),
            *((f"unresolved ({reason})", n) for reason, n in header.unresolved),
            *((f"{plural(n, 'copy', 'copies')} ({kind})", n) for kind, n in header.copies),
            (plural(header.cycles, "cycle"), header.cycles),
            ("placed by record time", header.fell_back),
            ("without time", header.without_time),
        )
        if number
    ]
    return [
        *folded,
        counted(header.fragments, "fragment"),
        *counts,
        f"clock: {header.clock}",
    ]
