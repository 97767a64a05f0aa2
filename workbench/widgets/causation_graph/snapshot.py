"""Snapshot of the causal graph: a static SVG picture in the text colour of the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import Element, StaticView, element, fragment, number_text, svg, text_table, visible
from workbench.tracing.drawing import theme

if TYPE_CHECKING:
    from workbench.model.causation import GraphEdge, GraphLane, GraphNode, GraphView, TimeTick

CHARACTER_PX = 6.8
"""Width of a character, on average: nothing measures text here, so labels are cut by their length."""
LABELLED_PX = 48
"""Least width of a node that has a label."""
TEXT_ROWS = 60
"""Events in the text form of the snapshot; more are counted."""


def graph_snapshot(view: GraphView, title: str) -> StaticView:
    """Draw lanes, edges and nodes without scripts, and write the counts below; as text, a table of the events."""
    picture = svg(
        max(view.width, 40),
        max(view.height, 40),
        *(_lane(lane, view.width) for lane in view.lanes),
        *(_tick(tick, view.height) for tick in view.ticks),
        *(_edge(edge) for edge in view.edges),
        *(_node(node) for node in view.nodes),
        title=f"{title}: {view.header.text}",
    )
    texts = [f"{title}: {view.header.text}", *view.notes, view.provenance]
    lines = [visible(text, 500) for text in texts if text]
    body = fragment(picture, *(element("p", line) for line in lines), class_="workbench-snapshot")
    rows = [("  " * row.depth + row.event_type, row.source, row.position, row.time, row.remarks) for row in view.rows]
    left_out = [(f"… {number_text(len(rows) - TEXT_ROWS)} more", "", "", "", "")] if len(rows) > TEXT_ROWS else []
    table = text_table(["event", "source", "record", "time", "remarks"], [*rows[:TEXT_ROWS], *left_out])
    return StaticView(body, "\n".join([table, *lines]))


def _lane(lane: GraphLane, width: float) -> Element:
    return element(
        "g",
        element(
            "rect",
            x=0,
            y=f"{lane.y:g}",
            width=f"{width:g}",
            height=f"{lane.height:g}",
            fill="none",
            stroke="currentColor",
            stroke_opacity="0.25",
        ),
        element("text", visible(lane.name, 60), x=6, y=f"{lane.y + 14:g}", font_size=11, fill="currentColor"),
    )


def _tick(tick: TimeTick, height: float) -> Element:
    return element(
        "g",
        element(
            "line",
            x1=f"{tick.x:g}",
            x2=f"{tick.x:g}",
            y1=0,
            y2=f"{height:g}",
            stroke="currentColor",
            stroke_opacity="0.15",
        ),
        element(
            "text", visible(tick.label, 40), x=f"{tick.x + 3:g}", y=f"{height - 4:g}", font_size=10, fill="currentColor"
        ),
    )


def _edge(edge: GraphEdge) -> Element:
    stroke = theme.LAYOUT_BREAK if edge.layout_break else theme.STROKES[edge.kind]
    return element(
        "polyline",
        points=" ".join(f"{x:g},{y:g}" for x, y in edge.route),
        fill="none",
        stroke=theme.ALARM if edge.layout_break else theme.NEUTRAL,
        stroke_width=f"{stroke.width:g}",
        stroke_dasharray=stroke.dash or None,
    )


def _node(node: GraphNode) -> Element:
    left, top = node.x - node.width / 2, node.y - node.height / 2
    mark = theme.MARKS.get(node.shape, theme.MARKS["inner"])
    stroke = theme.colour(node.colour)
    rounding = {"pill": node.height / 2, "ellipse": node.height / 2, "plain": 0.0, "cut": 0.0}.get(mark.shape, 4.0)
    fits = max(int((node.width - 12) / CHARACTER_PX), 1)
    label = visible(node.label, 120)
    shown = label if len(label) <= fits else f"{label[: fits - 1]}…"
    return element(
        "g",
        element("title", visible(node.name, 400)),
        element(
            "rect",
            x=f"{left:g}",
            y=f"{top:g}",
            width=f"{node.width:g}",
            height=f"{node.height:g}",
            rx=f"{rounding:g}",
            fill=stroke,
            fill_opacity="0.12",
            stroke=stroke,
            stroke_width="1.5",
            stroke_dasharray=mark.dash or None,
        ),
        element("text", shown, x=f"{left + 6:g}", y=f"{node.y + 4:g}", font_size=12, fill="currentColor")
        if node.width >= LABELLED_PX
        else None,
    )
