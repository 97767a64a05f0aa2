"""Header, notes, table and ticks of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.causation import GraphHeader, GraphRow
from workbench.tracing.graph.structure import NO_TIME
from workbench.tracing.text.labels import (
    copy_kind_counts,
    duration,
    instant,
    number_of,
    reason_counts,
    root_counts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.causation import GraphNode
    from workbench.tracing.drawing.marks import Marks


def header_of(marks: Marks) -> GraphHeader:
    """Figures of the whole selection, and how much of it is drawn."""
    graph = marks.graph
    shown = len(marks.folding.shown)
    return GraphHeader(
        events_shown=shown,
        events_folded=len(graph) - shown,
        events_total=len(graph),
        records_total=graph.records,
        edges_total=len(graph.used),
        roots=_pairs(root_counts(graph.parts)),
        fragments=graph.structure.fragments,
        unresolved=_pairs(reason_counts(graph.parts)),
        copies=_pairs(copy_kind_counts(graph.parts)),
        cycles=len(graph.structure.cycles),
        clock=graph.parts.origin.clock,
        fell_back=graph.fell_back,
        without_time=int((graph.parts.time == NO_TIME).sum()),
    )


def _pairs(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(counts.items())


def notes_of(marks: Marks, *, lanes_merged: int) -> tuple[str, ...]:
    """What a reader must know about this drawing."""
    notes = []
    folded = len(marks.graph) - len(marks.folding.shown)
    if folded:
        notes.append(
            f"{number_of(folded, 'event')} folded into {number_of(len(marks.folding.groups), 'group')}, open on demand"
        )
    if marks.hidden_virtual:
        notes.append(f"{number_of(marks.hidden_virtual, 'more shared cause')} outside the snapshot not drawn")
    if marks.hidden_outside:
        notes.append(f"{number_of(marks.hidden_outside, 'more neighbour')} outside the selection not drawn")
    if lanes_merged:
        notes.append(f"the smallest {lanes_merged:,} lanes are drawn as one")
    if marks.graph.structure.cycles:
        notes.append("edges that close a cycle are drawn against the flow and left out of the layers")
    return tuple(notes)


def rows_of(marks: Marks, nodes: list[GraphNode]) -> tuple[GraphRow, ...]:
    """The drawing as a table: heads in order of time, effects under their primary cause, what lies outside last."""
    primary = marks.graph.structure.primary
    parent = [int(primary[node]) for node in marks.folding.shown]
    parent += [group.parent for group in marks.folding.groups]
    place = {int(node): mark for mark, node in enumerate(marks.folding.shown)}
    below: dict[int, list[int]] = {}
    for mark, node in enumerate(parent):
        below.setdefault(place.get(node, -1), []).append(mark)
    rows: list[GraphRow] = []
    stack = [(mark, 0) for mark in reversed(below.get(-1, []))]
    while stack:
        mark, depth = stack.pop()
        rows.append(_row(marks, nodes[mark], mark, depth))
        stack += [(child, depth + 1) for child in reversed(below.get(mark, []))]
    rows += [_row(marks, nodes[mark], mark, 0) for mark in range(marks.first_virtual, len(nodes))]
    return tuple(rows)


def _row(marks: Marks, node: GraphNode, mark: int, depth: int) -> GraphRow:
    hop = ""
    binding = -1
    if mark < marks.first_group:
        event = int(marks.folding.shown[mark])
        binding = int(marks.graph.structure.binding[event])
        times = marks.graph.parts.time
        if binding >= 0 and times[event] != NO_TIME and times[binding] != NO_TIME:
            hop = duration(int(times[event] - times[binding]))
    remarks = [*([node.root] if node.root else []), *node.copies, *node.unresolved, *node.problems]
    if node.kind != "event":
        remarks = [node.name]
    return GraphRow(
        key=node.key,
        depth=depth,
        event_type=node.label,
        event_id=node.event_id or "",
        source=node.source or "",
        position=f"{node.topic}/{node.partition}@{node.offset}" if node.topic is not None else "",
        time=instant(node.time_us) if node.time_us is not None else "",
        hop=hop,
        causes=f"{node.causes:,}",
        effects=f"{node.effects:,}",
        remarks="; ".join(remarks),
    )


def tick_label(time: int, gap: int | None, first: int) -> str:
    """The first tick in full, others as the time since; a folded gap by its length."""
    if gap is not None:
        return f"idle {duration(gap)[1:]}"
    return instant(time) if time == first else duration(time - first)
