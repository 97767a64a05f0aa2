"""Makes the drawable view of a causal graph: folds it, lays it out, and describes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from workbench.model.causation import GraphEdge, GraphLane, GraphView, TimeTick
from workbench.text import counted, visible
from workbench.tracing.drawing.header import header_of, notes_of
from workbench.tracing.drawing.layered import NODE_HEIGHT, NODE_WIDTH, layered
from workbench.tracing.drawing.marks import Marks, marks_of
from workbench.tracing.drawing.nodes import nodes_of
from workbench.tracing.drawing.rows import rows_of
from workbench.tracing.drawing.swimlanes import MARKER, Lanes, swimlanes
from workbench.tracing.drawing.time_axis import tick_labels
from workbench.tracing.graph.edges import EDGE_KINDS
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.text.labels import provenance_text

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from workbench.model.causation import EdgeKind, GraphNode, LaneField, LayoutName
    from workbench.tracing.drawing.layout import Drawing
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

LIMIT = 500
CHAINS = 4
"""Fragments up to which one chain of layers reads better than lanes."""

_MOST_LANES = 24
_LANE_NAME = 60


def causation_view(
    graph: CausalGraph,
    *,
    layout: LayoutName | None = None,
    lanes: LaneField = "topic",
    opened: Collection[str] = (),
    limit: int = LIMIT,
    on_path: Flags | None = None,
) -> GraphView:
    """Fold a graph, lay it out and describe it.

    Args:
        graph: The trace or selection to draw.
        layout: ``layered`` (causes left, effects right) or ``swimlanes`` (time against lanes); None takes layers for up
            to four fragments.
        lanes: What a lane is.
        opened: Keys of groups to open.
        limit: Events and groups drawn at most; the rest is folded and counted. Causes outside the snapshot and
            neighbours outside the selection come on top, at most 50 of each.
        on_path: Marks the events of the critical path.
    """
    marks = marks_of(graph, limit=limit, opened=opened, on_path=on_path)
    nodes = nodes_of(marks)
    chosen: LayoutName = layout or ("layered" if graph.structure.fragments <= CHAINS else "swimlanes")
    if chosen == "layered":
        lines = marks.lines
        drawing, bands, merged = layered(len(marks), lines.cause, lines.effect, lines.breaks), None, 0
        names: list[str] = []
    else:
        lane, names, merged = _lanes(marks, lanes)
        timed = marks.time != NO_TIME
        every = graph.time[graph.time != NO_TIME]
        drawing, bands = swimlanes(marks.time, timed, lane, marks.lines.cause, marks.lines.effect, every=every)
        nodes = [replace(node, lane=int(lane[mark])) for mark, node in enumerate(nodes)]
    nodes = _placed(nodes, drawing, small=bands is not None)
    return GraphView(
        layout=chosen,
        nodes=tuple(nodes),
        edges=_edges(marks, nodes, drawing),
        width=drawing.width,
        height=drawing.height,
        header=header_of(marks),
        provenance=provenance_text(graph),
        rows=rows_of(marks, nodes),
        lanes=_bands(nodes, names, bands),
        ticks=_ticks(bands),
        lane_field=lanes if bands is not None else None,
        opened=marks.folding.opened,
        limit=limit,
        notes=notes_of(marks, lanes_merged=merged),
        place=marks.folding.mark,
    )


def _placed(nodes: list[GraphNode], drawing: Drawing, *, small: bool) -> list[GraphNode]:
    width, height = (MARKER, MARKER) if small else (NODE_WIDTH, NODE_HEIGHT)
    return [
        replace(node, x=float(drawing.x[mark]), y=float(drawing.y[mark]), width=width, height=height)
        for mark, node in enumerate(nodes)
    ]


def _edges(marks: Marks, nodes: list[GraphNode], drawing: Drawing) -> tuple[GraphEdge, ...]:
    lines = marks.lines
    columns = (lines.cause, lines.effect, lines.kind, lines.breaks, lines.edges, lines.hop_us, lines.on_path)
    return tuple(
        GraphEdge(
            cause=nodes[cause].key,
            effect=nodes[effect].key,
            kind=cast("EdgeKind", EDGE_KINDS[kind]),
            route=route,
            layout_break=broken,
            hop_us=hop if hop != NO_TIME else None,
            edges=edges,
            on_path=critical,
        )
        for cause, effect, kind, broken, edges, hop, critical, route in zip(
            *(column.tolist() for column in columns),
            drawing.routes,
            strict=True,
        )
    )


def _lanes(marks: Marks, field: LaneField) -> tuple[Ints, list[str], int]:
    """Lane of each mark, names of the lanes, and how many lanes share the last but one.

    Lanes stand in the order of their first event; beyond the most frequent ones they share a lane, and what lies
    outside has one of its own at the bottom.
    """
    names_of = marks.graph.column(field).take(pa.array(_first_events(marks)))
    texts: pd.Series[str] = names_of.to_pandas().fillna("(unknown)")
    frequent = texts.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kept = set(frequent.index[:_MOST_LANES])
    merged = len(frequent) - len(kept)
    shared = counted(merged, "other lane")
    names = texts.where(texts.isin(kept), shared)
    order = list(dict.fromkeys(name for name in names if name != shared))
    order += [shared] if merged else []
    place = {name: number for number, name in enumerate(order)}
    lane = np.full(len(marks), len(order), dtype=np.int64)
    lane[: len(names)] = names.map(place).to_numpy(np.int64)
    if len(names) < len(marks):
        order.append("outside")
    return lane, [visible(name, _LANE_NAME) for name in order], merged


def _first_events(marks: Marks) -> Ints:
    tops = np.array([group.members[0] for group in marks.folding.groups], dtype=np.int64)
    return np.concatenate([marks.folding.shown, tops])


def _bands(nodes: list[GraphNode], names: list[str], bands: Lanes | None) -> tuple[GraphLane, ...]:
    if bands is None:
        return ()
    events = [0] * len(names)
    for node in nodes:
        events[cast("int", node.lane)] += node.events
    return tuple(
        GraphLane(name, top, height, count)
        for name, top, height, count in zip(names, bands.tops, bands.heights, events, strict=True)
    )


def _ticks(bands: Lanes | None) -> tuple[TimeTick, ...]:
    if bands is None or not bands.ticks:
        return ()
    labels = tick_labels(bands.ticks)
    return tuple(TimeTick(tick.x, label, tick.width) for tick, label in zip(bands.ticks, labels, strict=True))
