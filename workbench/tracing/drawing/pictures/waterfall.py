"""Waterfall: a row for each event in causal order, a bar from its binding cause to itself; of spans from start to end.

Geometry only, in CSS pixels (`docs/tracing.md` 13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.model.causation import Part, Picture, PictureNode, PictureRow
from workbench.text import duration_text, visible
from workbench.tracing.drawing.header import header_of, notes_of
from workbench.tracing.drawing.painting.content import NUMERIC, TITLES, header_facts, row_cells
from workbench.tracing.drawing.painting.legend import PATH_ENTRY, badge_entries
from workbench.tracing.drawing.painting.shapes import BADGE_PX, fitted
from workbench.tracing.drawing.pictures.lines import area, areas, axis_parts
from workbench.tracing.drawing.time_axis import TimeAxis
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.text.labels import provenance_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.causation import BadgeKind, GraphNode, GraphRow
    from workbench.tracing.drawing.marks import Marks
    from workbench.tracing.drawing.painting.legend import Entry
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

ROW_PX = 24.0
LABEL_PX = 290.0
TOP_PX = 40.0
_INDENT_PX, _MOST_INDENTS = 12.0, 9
_AFTER_PX = 110.0
"""Room behind the last bar for its duration."""
_LABEL_CHARACTER_PX, _SUB_CHARACTER_PX = 7.0, 6.0
_LEAST_BAR_PX = 2.0
_LEAST_SUB_PX = 40.0

Sections = dict[int, list[tuple[int, int]]]
"""Of spans on the critical path: from when to when its end waited for each, by the number of the event."""


@dataclass(frozen=True, slots=True)
class Bars:
    """When the bar of each event begins and ends, and where waiting ends and processing begins; `NO_TIME`: unknown."""

    start: Ints
    split: Ints
    end: Ints

    @classmethod
    def of(cls, graph: CausalGraph, *, spans: bool) -> Bars:
        """Take spans from start to end, events from the time of their binding cause."""
        unknown = np.full(len(graph), NO_TIME, dtype=np.int64)
        started, ended = graph.micros("started"), graph.micros("ended")
        if spans:
            timed = (started != NO_TIME) & (ended != NO_TIME)
            return cls(np.where(timed, started, graph.time), unknown, np.where(timed, ended, graph.time))
        binding = graph.structure.binding
        caused = binding >= 0
        begins = np.where(caused, graph.time[binding], NO_TIME)
        start = np.where(begins != NO_TIME, begins, graph.time)
        start = np.where(graph.time == NO_TIME, NO_TIME, start)
        handled = np.where(caused, started[binding], NO_TIME)
        split = np.where((handled > start) & (handled < graph.time), handled, NO_TIME)
        return cls(start, split, graph.time)

    def of_marks(self, mark: Ints, count: int) -> Bars:
        """Return the bars of marks: of an event its own, of a group from its first to its last time."""
        latest = np.iinfo(np.int64).max
        start, end = np.full(count, latest), np.full(count, NO_TIME)
        known = (self.start != NO_TIME) & (self.end != NO_TIME)
        np.minimum.at(start, mark[known], self.start[known])
        np.maximum.at(end, mark[known], self.end[known])
        split = np.full(count, NO_TIME, dtype=np.int64)
        split[mark] = self.split
        return Bars(np.where(end == NO_TIME, NO_TIME, start), split, end)


def waterfall(
    marks: Marks, nodes: Sequence[GraphNode], rows: Sequence[GraphRow], *, spans: bool, sections: Sections | None = None
) -> Picture:
    """Draw a row for each row of the table.

    Args:
        marks: What is drawn; groups get a bar from their first to their last event.
        nodes: The same, described.
        rows: The same, in causal order.
        spans: Every event is a span, drawn from its start to its end.
        sections: Of spans, the critical path.
    """
    own = Bars.of(marks.graph, spans=spans)
    bars = own.of_marks(marks.folding.mark, len(marks))
    single = marks.folding.shown
    # An effect before its cause has a bar backwards: a group has none, but an event keeps both of its times.
    bars.start[: len(single)], bars.end[: len(single)] = own.start[single], own.end[single]
    place = {node.key: mark for mark, node in enumerate(nodes)}
    order = np.array([place[row.key] for row in rows], dtype=np.int64)
    # Of all events, folded ones too: time in which they happen is not idle.
    known = np.concatenate([bars.start[order], bars.split[order], bars.end[order], own.start, own.end])
    axis = TimeAxis.of(known[known != NO_TIME], len(rows))
    drawn = _Rows(axis, bars, spans=spans, sections=_on_axis(axis, sections or {}))
    made = [
        drawn.node(y, nodes[mark], mark, row, single) for y, (mark, row) in enumerate(zip(order, rows, strict=True))
    ]
    bottom = TOP_PX + ROW_PX * len(rows) + 8
    # While nothing begins or ends, a span may run: only time between events is idle.
    behind, labels = axis_parts(axis, LABEL_PX, TOP_PX, bottom, folded="folded" if spans else "idle")
    width = LABEL_PX + axis.width + _AFTER_PX
    stripes = areas((0, TOP_PX + y * ROW_PX, width, TOP_PX + (y + 1) * ROW_PX) for y in range(1, len(rows), 2))
    header = header_of(marks)
    where = np.empty(len(nodes), dtype=np.int64)
    where[order] = np.arange(len(order))
    return Picture(
        layout="waterfall",
        nodes=tuple(made),
        width=width,
        height=bottom,
        text=header.text,
        titles=TITLES,
        numeric=NUMERIC,
        rows=tuple(PictureRow(row.key, row.depth, row_cells(row)) for row in rows),
        behind=(*([Part("stripe", stripes)] if stripes else []), *behind),
        top=(Part("head", area(-1, -1, width + 1, TOP_PX)), *labels),
        top_height=TOP_PX,
        side_width=LABEL_PX,
        links=tuple(
            (nodes[cause].key, nodes[effect].key)
            for cause, effect in zip(marks.lines.cause.tolist(), marks.lines.effect.tolist(), strict=True)
        ),
        legend=tuple(_legend(made, spans=spans)),
        facts=tuple(header_facts(header)),
        notes=notes_of(marks, lanes_merged=0, layered=False),
        provenance=provenance_text(marks.graph),
        opened=marks.folding.opened,
        place=where[marks.folding.mark],
    )


def _on_axis(axis: TimeAxis, sections: Sections) -> Mapping[int, list[tuple[float, float]]]:
    """Place sections between times that the axis knows: a section may end where no drawn span begins or ends."""
    times, places = axis.times, axis.places
    if not len(times):
        return {}
    return {
        node: [(float(np.interp(a, times, places)), float(np.interp(b, times, places))) for a, b in found]
        for node, found in sections.items()
    }


class _Rows:
    def __init__(
        self, axis: TimeAxis, bars: Bars, *, spans: bool, sections: Mapping[int, list[tuple[float, float]]]
    ) -> None:
        self._axis, self._bars, self._spans, self._sections = axis, bars, spans, sections

    def node(self, row: int, node: GraphNode, mark: int, facts: GraphRow, single: Ints) -> PictureNode:
        y = TOP_PX + (row + 0.5) * ROW_PX
        event = int(single[mark]) if mark < len(single) else -1
        parts, said = self._bar(node, mark, event)
        indent = 8 + min(facts.depth, _MOST_INDENTS) * _INDENT_PX
        badges = self._badges(node)
        room = LABEL_PX - indent - 10 - len(badges) * BADGE_PX
        label = fitted(visible(node.label, None), room, _LABEL_CHARACTER_PX)
        texts = [Part("strong" if facts.depth == 0 else "label", text=label, x=indent - LABEL_PX / 2, y=4)]
        taken = len(label) * (_LABEL_CHARACTER_PX + 0.4) + 8
        if node.source and room - taken > _LEAST_SUB_PX:
            source = fitted(node.source, room - taken, _SUB_CHARACTER_PX)
            texts.append(Part("sub", text=source, x=indent - LABEL_PX / 2 + taken, y=4))
        return PictureNode(
            key=node.key,
            kind=node.kind,
            name=f"{node.name}, {said}" if said else node.name,
            x=LABEL_PX / 2,
            y=y,
            width=LABEL_PX - 4,
            height=ROW_PX - 2,
            parts=(*parts, *texts),
            colour=node.colour,
            positions=node.positions,
            facts=node_facts(node),
            badges=badges,
            on_path=node.on_path,
        )

    @staticmethod
    def _badges(node: GraphNode) -> tuple[tuple[BadgeKind, float, float], ...]:
        right = LABEL_PX / 2 - 12
        return tuple((kind, right - place * BADGE_PX, 0.0) for place, kind in enumerate(node.badges))

    def _bar(self, node: GraphNode, mark: int, event: int) -> tuple[list[Part], str]:
        start, split, end = (int(one[mark]) for one in (self._bars.start, self._bars.split, self._bars.end))
        base = LABEL_PX / 2
        if NO_TIME in (start, end):
            text = "no time" if node.events else ""
            return ([Part("sub", text=text, x=base + 6, y=4)] if text else []), text
        x0, x1 = (base + float(self._axis.place(np.array([time]))[0]) for time in (start, end))
        if node.kind == "group":
            said = f"within {duration_text(end - start, 'us')}"
            return [Part("stack", area(x0, -5, max(x1, x0 + _LEAST_BAR_PX), 5)), self._said(said, x1)], said
        hop = duration_text(end - start, "us", signed=not self._spans)
        parts = self._hop(x0, x1, split)
        if node.on_path:
            along = self._sections.get(event, []) if self._spans else [(x0 - base, x1 - base)]
            strips = areas((base + a, 7.5, base + max(b, a + _LEAST_BAR_PX), 10.5) for a, b in along)
            parts += [Part("critical", strips)] if strips else []
        if not self._spans:
            parts.append(Part("point", area(x1 - 2, -8, x1 + 2, 8)))
        alone = start == end and not self._spans
        said = "" if alone else f"{hop} long" if self._spans else f"{hop} after its cause"
        return [*parts, *([] if alone else [self._said(hop, max(x0, x1))])], said

    def _hop(self, x0: float, x1: float, split: int) -> list[Part]:
        if x1 < x0:
            return [Part("back", area(x1, -5, x0, 5))]
        if split == NO_TIME:
            return [Part("bar", area(x0, -5, max(x1, x0 + _LEAST_BAR_PX), 5))] if x1 > x0 or self._spans else []
        middle = LABEL_PX / 2 + float(self._axis.place(np.array([split]))[0])
        return [Part("wait", area(x0, -5, middle, 5)), Part("bar", area(middle, -5, x1, 5))]

    @staticmethod
    def _said(text: str, x: float) -> Part:
        return Part("sub", text=text, x=x + 8, y=4)


def node_facts(node: GraphNode) -> tuple[tuple[str, str], ...]:
    """Return what is known of a node beyond its name."""
    return (
        *((("id", node.event_id),) if node.event_id is not None else ()),
        *(("copy", text) for text in node.copies),
        *(("unresolved cause", text) for text in node.unresolved),
    )


def _legend(nodes: Sequence[PictureNode], *, spans: bool) -> list[Entry]:
    looks = {part.look for node in nodes for part in node.parts}
    bar, point = area(-13, -5, 13, 5), area(-2, -8, 2, 8)
    entries: list[Entry] = []
    if "bar" in looks:
        entries.append(("area", bar, "0.6", "span" if spans else "from the cause it waited for"))
    if "wait" in looks:
        entries += [("node", bar, "3 2", "waiting in the topic"), ("area", bar, "0.6", "processing")]
    if "point" in looks:
        entries.append(("area", point, "1", "event"))
    if "back" in looks:
        entries.append(("node", bar, "2 2", "earlier than its cause"))
    if "stack" in looks:
        entries.append(("node", bar, "", "folded events, first to last"))
    entries += badge_entries(kind for node in nodes for kind, _, _ in node.badges)
    if any(node.on_path for node in nodes):
        entries.append(PATH_ENTRY)
    return [*entries, ("", "", "", "colour: source")]
