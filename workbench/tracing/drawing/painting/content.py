"""What is drawn of a graph: sent to the browser, and drawn as the picture that stays."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.model.causation import Part, Picture
from workbench.text import counted, duration_text, number_text, plural, position_text, visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.legend import PATH_ENTRY, Entry, badge_entries
from workbench.tracing.drawing.painting.parts import part_content
from workbench.tracing.drawing.painting.picture import NOTHING, picture_content
from workbench.tracing.drawing.painting.shapes import (
    BADGE_PX,
    BADGES,
    arrow_head,
    edge_path,
    fitted,
    hop_place,
    outline,
    readable,
)
from workbench.tracing.drawing.swimlanes import AXIS_PX
from workbench.tracing.drawing.time_axis import TICK_PX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.causation import GraphEdge, GraphHeader, GraphLane, GraphNode, GraphRow, GraphView, TimeTick

LABELLED_PX = 48
"""Narrower nodes have no label; their name is in the accessible name and in the table."""
_TWO_LINES_PX = 34
_WIDEST_PX, _WIDEST_OF_LANES_PX = 5.0, 2.0
"""Of lines that stand for many edges; between lanes they lie closer to each other."""
_INNER_PX = 6
"""How much smaller the second outline of a node on the critical path is."""
_INSET_PX = 12
_LABEL_PX, _SMALL_PX, _LANE_PX = 7.0, 6.0, 7.8
"""Widths of a character on average: nothing measures text here, and measuring 5,000 texts would cost a layout each."""
_IDLE_Y, _TIME_Y = 15.0, 31.0
"""Heights of the labels of idle time and of times, which would run into each other on one line."""
_LANE_TITLE_PX = 196
"""Room for the title of a lane; `workbench.tracing.drawing.swimlanes` begins the time axis behind it."""
TITLES = ("Event", "Source", "Record", "Time", "After cause", "Causes", "Effects", "Remarks")
"""Of the table of events; `NUMERIC` are aligned right."""
NUMERIC = (4, 5, 6)
_LEGEND_WIDTH, _LEGEND_HEIGHT = 26, 14


def view_content(view: GraphView | Picture) -> dict[str, Any]:
    """Return everything that is drawn, as JSON. Texts of events are escaped and cut here, and nowhere else."""
    if isinstance(view, Picture):
        return picture_content(view)
    return {
        "layout": view.layout,
        "layouts": list(view.layouts),
        "width": view.width,
        "height": view.height,
        "start": _start(view),
        "text": view.header.text,
        "facts": [visible(fact, 200) for fact in header_facts(view.header)],
        "notes": [visible(note, 500) for note in view.notes] or ([] if view.nodes else [NOTHING]),
        "provenance": visible(view.provenance, 500),
        "opened": len(view.opened),
        "legend": _legend(view),
        "lanes": [_lane(lane) for lane in view.lanes],
        "ticks": [[tick.x, tick.gap] for tick in view.ticks],
        "top": part_content(_axis(view)),
        "topHeight": AXIS_PX if view.ticks else 0.0,
        "nodes": [_node(node) for node in view.nodes],
        "edges": _edges(view),
        "titles": list(TITLES),
        "numeric": list(NUMERIC),
        "rows": [[row.key, row.depth, *(visible(cell, 200) for cell in row_cells(row))] for row in view.rows],
    }


def row_cells(row: GraphRow) -> tuple[str, ...]:
    """Return the cells of a row in the order of `TITLES`."""
    return (row.event_type, row.source, row.position, row.time, row.hop, row.causes, row.effects, row.remarks)


def _axis(view: GraphView) -> list[Part]:
    """Write times and the lengths of folded gaps into the band that stays in sight above the lanes."""
    if not view.ticks:
        return []
    head = Part("head", f"M-1,-1H{view.width + 1:.1f}V{AXIS_PX:.1f}H-1Z")
    idle, plain = ([tick for tick in view.ticks if bool(tick.gap) is gap] for gap in (True, False))
    return [head, *_labels(idle, _IDLE_Y), *_labels(plain, _TIME_Y)]


def _labels(ticks: Sequence[TimeTick], y: float) -> list[Part]:
    places = [tick.x - tick.gap / 2 for tick in ticks]
    shown = readable([(x, tick.label) for x, tick in zip(places, ticks, strict=True)], TICK_PX)
    return [
        Part("tick", text=visible(tick.label, 40), x=x + 3, y=y)
        for x, tick, read in zip(places, ticks, shown, strict=True)
        if read
    ]


def _start(view: GraphView) -> float:
    """Height that must be in sight first: of lanes the top, else the first cause of the topmost chain."""
    if view.lanes or not view.nodes:
        return 0.0
    return min((node.x, node.y) for node in view.nodes)[1]


def _lane(lane: GraphLane) -> list[Any]:
    """Title as it fits, title in full, top and height. Of a long name the end is kept, where names of topics differ."""
    name, count = visible(lane.name, None), f" ({number_text(lane.events)})"
    return [fitted(name, _LANE_TITLE_PX, _LANE_PX, count), f"{name}{count}", lane.y, lane.height]


def _edges(view: GraphView) -> list[list[Any]]:
    # Marks of swimlanes stand too near to each other for times between them; the axis has these.
    timed = [edge for edge in view.edges if edge.hop_us is not None and not view.lanes]
    starts, ends = Counter(edge.cause for edge in timed), Counter(edge.effect for edge in timed)
    widest = _WIDEST_PX if not view.lanes else _WIDEST_OF_LANES_PX
    return [_edge(edge, starts[edge.cause], ends[edge.effect], widest) for edge in view.edges]


def _edge(edge: GraphEdge, starting: int, ending: int, widest: float) -> list[Any]:
    stroke = theme.LAYOUT_BREAK if edge.layout_break else theme.STROKES[edge.kind]
    # An edge that stands for many folded ones is drawn wider, up to a width that still shows where it leads.
    width = min(stroke.width + math.log2(max(edge.edges, 1)), widest)
    hop = None
    if edge.hop_us is not None and ending:
        place = hop_place(edge.route, shared_start=starting > 1, shared_end=ending > 1)
        hop = [duration_text(edge.hop_us, "us", signed=True), *place]
    drawn = (
        edge_path(edge.route),
        arrow_head(edge.route),
        stroke.dash,
        round(width, 2),
        edge.layout_break,
        edge.on_path,
        hop,
    )
    return [edge.cause, edge.effect, *drawn]


def _legend(view: GraphView) -> list[Entry]:
    """Kind, outline, dashes and text of each mark and stroke that is drawn; the usual ones are not explained."""
    shapes = {node.shape for node in view.nodes} - {"inner"}
    strokes = {edge.kind for edge in view.edges} - {"explicit"}
    entries = [
        ("node", outline(mark.shape, _LEGEND_WIDTH, _LEGEND_HEIGHT), mark.dash, mark.label)
        for name, mark in theme.MARKS.items()
        if name in shapes
    ]
    entries += [("edge", "", stroke.dash, stroke.label) for name, stroke in theme.STROKES.items() if name in strokes]
    if any(edge.layout_break for edge in view.edges):
        entries.append(("edge", "", theme.LAYOUT_BREAK.dash, theme.LAYOUT_BREAK.label))
    entries += badge_entries(badge for node in view.nodes for badge in node.badges)
    if any(node.on_path for node in view.nodes):
        entries.append(PATH_ENTRY)
    sources = {node.source for node in view.nodes if node.source is not None}
    return [*entries, *([("", "", "", "colour: source")] if len(sources) > 1 else [])]


def _node(node: GraphNode) -> dict[str, Any]:
    mark = theme.MARKS.get(node.shape, theme.MARKS["inner"])
    return {
        "key": node.key,
        "kind": node.kind,
        "texts": _texts(node),
        "name": visible(node.name, 400),
        "x": node.x,
        "y": node.y,
        "w": node.width,
        "h": node.height,
        "path": outline(mark.shape, node.width, node.height),
        "dash": mark.dash,
        "colour": theme.colour(node.colour),
        "cycle": node.in_cycle,
        "critical": node.on_path,
        "inner": outline(mark.shape, node.width - _INNER_PX, node.height - _INNER_PX) if node.on_path else "",
        "badges": [
            [badge, node.width / 2 - place * BADGE_PX, -node.height / 2, *BADGES[badge]]
            for place, badge in enumerate(node.badges)
        ],
        "facts": [
            *([["id", visible(node.event_id, 200)]] if node.event_id is not None else []),
            *(["copy", visible(text, 200)] for text in node.copies),
            *(["unresolved cause", visible(text, 200)] for text in node.unresolved),
        ],
    }


def _texts(node: GraphNode) -> list[tuple[str, float, float, str]]:
    """Lines in a node: the text as it fits, its place from the centre, and its class. Names differ at their end."""
    if node.width < LABELLED_PX:
        return []
    x, room = -node.width / 2 + _INSET_PX, node.width - 2 * _INSET_PX
    label = fitted(visible(node.label, None), room, _LABEL_PX)
    where = visible(_where(node), None)
    if not where or node.height < _TWO_LINES_PX:
        return [(label, x, 4, "wb-label")]
    return [(label, x, -3, "wb-label"), (fitted(where, room, _SMALL_PX), x, 12, "wb-sub")]


def _where(node: GraphNode) -> str:
    if node.topic is None or node.partition is None or node.offset is None:
        return ""
    return position_text(node.topic, node.partition, node.offset)


def header_facts(header: GraphHeader) -> list[str]:
    """Return the counts of a view as texts; counts of zero are left out."""
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
