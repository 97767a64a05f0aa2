"""Views of one trace: the graph, the waterfall, the sequence diagram and the map, and where a text is in them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.causation import SELECTED_LIMIT, TRACE_LAYOUTS, LaneField, MapField
from workbench.text import time_text
from workbench.tracing.choices import check_choice
from workbench.tracing.drawing.marks import Signs, marks_of
from workbench.tracing.drawing.nodes import badges_of, nodes_of
from workbench.tracing.drawing.pictures.sequence import PAGE, EventFacts, sequence_picture
from workbench.tracing.drawing.pictures.types import map_picture
from workbench.tracing.drawing.pictures.waterfall import Sections, waterfall
from workbench.tracing.drawing.rows import rows_of
from workbench.tracing.drawing.view import CHAINS, LIMIT, causation_view
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.paths.calls import call_path
from workbench.tracing.paths.intervals import is_spans
from workbench.tracing.selection import positions_of
from workbench.tracing.sequence import sequence_diagram
from workbench.tracing.text.labels import provenance_text
from workbench.tracing.type_map import type_map

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.model.causation import GraphView, LayoutName, Picture
    from workbench.model.sequence import Arrow
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.type_map import TypeMap

_SEARCHED = ("event_type", "key", "source", "topic", "correlation_id", "trace_id")
_PATH_LIMIT = 50_000
"""Events of a trace up to which its critical path is marked."""


class TraceViews:
    """Views of one graph; a `workbench.model.causation.GraphViewSource`. Pure and thread-safe.

    Args:
        graph: The trace or selection to draw.
    """

    def __init__(self, graph: CausalGraph) -> None:
        self._graph = graph

    def view(
        self,
        *,
        layout: LayoutName | None = None,
        lanes: LaneField = "topic",
        boxes: MapField = "event_type",
        opened: Collection[str] = (),
        limit: int = LIMIT,
    ) -> GraphView | Picture:
        """Lay the trace out; tens of milliseconds for 500 marks.

        Raises:
            ConfigurationError: There is no such layout, or no such lanes or boxes.
        """
        if layout is not None:
            check_choice("layout", layout, TRACE_LAYOUTS)
        check_choice("lanes", lanes, get_args(LaneField))
        check_choice("boxes", boxes, get_args(MapField))
        if layout == "waterfall":
            return self._waterfall(opened, limit)
        if layout == "sequence":
            return self._sequence(opened, limit)
        if layout == "map":
            return self._map(boxes)
        return causation_view(
            self._graph, layout=layout, lanes=lanes, opened=opened, limit=limit, on_path=self._path[0]
        )

    def find(self, text: str) -> Ints:
        """Return the numbers of the events whose type, ids, source, topic, correlation or position holds a text."""
        found = np.zeros(len(self._graph), dtype=np.bool_)
        if not text:
            return np.flatnonzero(found)
        for name in _SEARCHED:
            column = self._graph.optional(name)
            if column is not None:
                found |= flags(pc.match_substring(column, text, ignore_case=True))
        return np.flatnonzero(found | self._linked(text) | self._at(text))

    def _linked(self, text: str) -> Flags:
        """Mark events with a further id that holds a text."""
        found = np.zeros(len(self._graph), dtype=np.bool_)
        lists = self._graph.optional("link_ids")
        if lists is not None:
            holds = flags(pc.match_substring(pc.list_flatten(lists), text, ignore_case=True))
            found[pc.list_parent_indices(lists).to_numpy()[holds]] = True
        return found

    def _at(self, text: str) -> Flags:
        """Mark events whose position, ``topic/partition@offset``, holds a text with an ``@``."""
        if "@" not in text:
            return np.zeros(len(self._graph), dtype=np.bool_)
        topic, partition, offset = (
            self._graph.column(name).cast(pa.large_string()) for name in ("topic", "partition", "offset")
        )
        slash, at = (pa.scalar(sign, pa.large_string()) for sign in "/@")
        whole = pc.binary_join_element_wise(pc.binary_join_element_wise(topic, partition, slash), offset, at)
        return flags(pc.match_substring(whole, text, ignore_case=True))

    @cached_property
    def _path(self) -> tuple[Flags | None, Sections]:
        """Mark the events of the critical path, with the sections of spans; None where there is no one path."""
        graph = self._graph
        if not len(graph) or len(graph) > _PATH_LIMIT or graph.structure.fragments > CHAINS:
            return None, {}
        on_path = np.zeros(len(graph), dtype=np.bool_)
        if not is_spans(graph):
            node = int(np.argmax(graph.time)) if len(graph) else -1
            # Of several events at the last time the last one by (t, id) is the end.
            node = int(np.flatnonzero(graph.time == graph.time[node])[-1])
            if graph.time[node] == NO_TIME or graph.structure.binding[node] < 0:
                return None, {}
            while node >= 0:
                on_path[node] = True
                node = int(graph.structure.binding[node])
            return on_path, {}
        return self._call_sections(on_path)

    def _call_sections(self, on_path: Flags) -> tuple[Flags | None, Sections]:
        number = {key: node for node, key in enumerate(self._graph.column("key").to_pylist())}
        sections: Sections = {}
        for row in call_path(self._graph).sections.to_dict("records"):
            sections.setdefault(number[row["span"]], []).append((int(row["from_us"]), int(row["to_us"])))
        on_path[list(sections)] = True
        return (on_path if sections else None), sections

    def _waterfall(self, opened: Collection[str], limit: int) -> Picture:
        on_path, sections = self._path
        marks = marks_of(self._graph, limit=limit, opened=opened, on_path=on_path)
        nodes = nodes_of(marks)
        return waterfall(marks, nodes, rows_of(marks, nodes), spans=is_spans(self._graph), sections=sections)

    def _sequence(self, opened: Collection[str], limit: int) -> Picture:
        diagram = sequence_diagram(self._graph)
        return sequence_picture(
            diagram.lanes,
            diagram.handlers,
            diagram.arrows,
            diagram.idle,
            folded=diagram.folded,
            known=self._facts(diagram.arrows),
            opened=opened,
            provenance=provenance_text(self._graph),
            layouts=TRACE_LAYOUTS,
            page=min(PAGE, limit),
        )

    def _facts(self, arrows: tuple[Arrow, ...]) -> EventFacts:
        graph = self._graph
        number = {key: node for node, key in enumerate(graph.column("key").to_pylist())}
        keys = list(dict.fromkeys(arrow.event for arrow in arrows))
        nodes = np.array([number[key] for key in keys], dtype=np.int64)
        on_path, _ = self._path
        signs = Signs.of(graph, on_path)
        times = [None if graph.time[node] == NO_TIME else int(graph.time[node]) for node in nodes.tolist()]
        return EventFacts(
            number=number,
            time={key: "" if time is None else time_text(time, "us") for key, time in zip(keys, times, strict=True)},
            position=dict(zip(keys, positions_of(graph, nodes), strict=True)),
            badges={key: badges_of(signs.failed[node], signs.dead[node], signs.breaks[node])
                    for key, node in zip(keys, nodes.tolist(), strict=True)},
            on_path=frozenset(key for key, node in zip(keys, nodes.tolist(), strict=True) if signs.on_path[node]),
            events=len(graph),
        )  # fmt: skip

    def _map(self, boxes: MapField) -> Picture:
        found = type_map(self._graph, boxes)
        place = type_places(self._graph, found)
        positions = {}
        for number, name in enumerate(found.types["name"]):
            nodes = np.flatnonzero(place == number)[:SELECTED_LIMIT]
            positions[name] = positions_of(self._graph, nodes)
        return map_picture(
            found.frame,
            found.types,
            found.by,
            positions=positions,
            place=place,
            provenance=provenance_text(self._graph),
            layouts=TRACE_LAYOUTS,
        )


def type_places(graph: CausalGraph, found: TypeMap) -> Ints:
    """Return for each event the row of its type in ``found.types``."""
    row = {name: number for number, name in enumerate(found.types["name"])}
    encoded = graph.column(found.by).dictionary_encode()
    rows = np.array([*(row[name] for name in encoded.dictionary.to_pylist()), row.get(None, -1)], dtype=np.int64)
    codes: Ints = encoded.indices.fill_null(len(rows) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows[codes]
