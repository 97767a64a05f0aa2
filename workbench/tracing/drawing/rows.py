"""Writes the table beside a drawing: the same facts, a row for each mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.causation import GraphRow
from workbench.text import duration_text, number_text, position_text, time_text
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.model.causation import BadgeKind, GraphNode
    from workbench.tracing.drawing.marks import Marks


SIGNS: dict[BadgeKind, str] = {"failed": "failure", "dead": "dead letter", "break": "the chain breaks here"}
ON_PATH = "on the critical path"


def rows_of(marks: Marks, nodes: list[GraphNode]) -> tuple[GraphRow, ...]:
    """List the marks as a table: heads in order of time, effects under their primary cause, what lies outside last."""
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
    remarks = [*([node.root] if node.root else []), *node.copies, *node.unresolved, *node.problems]
    remarks += [SIGNS[badge] for badge in node.badges] + ([ON_PATH] if node.on_path else [])
    if node.kind != "event":
        remarks = [node.name]
    return GraphRow(
        key=node.key,
        depth=depth,
        event_type=node.label,
        event_id=node.event_id or "",
        source=node.source or "",
        position=_position(node),
        time=time_text(node.time_us, "us") if node.time_us is not None else "",
        hop=_hop(marks, int(marks.folding.shown[mark])) if mark < marks.first_group else "",
        causes=number_text(node.causes),
        effects=number_text(node.effects),
        remarks="; ".join(remarks),
    )


def _position(node: GraphNode) -> str:
    if node.topic is None or node.partition is None or node.offset is None:
        return ""
    return position_text(node.topic, node.partition, node.offset)


def _hop(marks: Marks, event: int) -> str:
    """Write the time from the binding cause; empty without one, and where a time is unknown."""
    time, binding = marks.graph.time, int(marks.graph.structure.binding[event])
    if binding < 0 or NO_TIME in (time[event], time[binding]):
        return ""
    return duration_text(int(time[event] - time[binding]), "us", signed=True)
