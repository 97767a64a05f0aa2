"""Causal graphs for widget tests: trees of a given size, placed by a rule a test can compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.model.causation import (
    EventPosition,
    GraphEdge,
    GraphHeader,
    GraphLane,
    GraphNode,
    GraphRow,
    GraphView,
    TimeTick,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.model.causation import EdgeKind, LaneField, LayoutName, MapField

WIDTH, HEIGHT = 150.0, 38.0
SHAPES = ("origin", "inner", "command", "unlinked", "orphan", "self", "virtual", "outside")


class ScriptedGraph:
    """A tree of events: node ``n`` is caused by ``(n - 1) // fan``; the last is a folded group until opened."""

    def __init__(self, events: int = 8, *, fan: int = 2, text: str = "") -> None:
        self.events = events
        self.fan = fan
        self.text = text
        self.asked: list[dict[str, object]] = []

    def view(
        self,
        *,
        layout: LayoutName | None = None,
        lanes: LaneField = "topic",
        boxes: MapField = "event_type",
        opened: Collection[str] = (),
        limit: int = 500,
    ) -> GraphView:
        del boxes
        self.asked.append({"layout": layout, "lanes": lanes, "opened": set(opened), "limit": limit})
        chosen: LayoutName = layout or "layered"
        folded = [] if "rest" in opened else [self._group()]
        shown = self.events + (3 if "rest" in opened else 0)
        nodes = [*(self._node(n, chosen) for n in range(shown)), *folded]
        edges = [self._edge(n, nodes) for n in range(1, len(nodes))]
        return GraphView(
            layout=chosen,
            nodes=tuple(nodes),
            edges=tuple(edges),
            width=max(node.x for node in nodes) + WIDTH,
            height=max(node.y for node in nodes) + HEIGHT,
            header=self._header(shown, folded=3 * len(folded)),
            provenance=self.text or "demo.duckdb, orders/0-2, complete",
            rows=tuple(self._row(node) for node in nodes),
            lanes=tuple(GraphLane(self.text or f"{lanes}-{i}", i * 90.0, 90.0, shown // 3) for i in range(3))
            if chosen == "swimlanes"
            else (),
            ticks=(TimeTick(100.0, self.text or "10:00:00"), TimeTick(300.0, "10:00:01"))
            if chosen == "swimlanes"
            else (),
            opened=frozenset(opened),
            place=np.minimum(np.arange(self.events + 3), len(nodes) - 1),
            notes=(self.text,) if self.text else ("3 events are folded",) if folded else (),
        )

    def find(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Events whose number is in the text, as ``7``; all for ``*``."""
        whole = self.events + 3
        return (
            np.arange(whole) if text == "*" else np.array([n for n in range(whole) if str(n) == text], dtype=np.int64)
        )

    def _depth(self, number: int) -> int:
        depth = 0
        while number:
            number, depth = (number - 1) // self.fan, depth + 1
        return depth

    def _node(self, number: int, layout: LayoutName) -> GraphNode:
        label = self.text or f"Order{('Placed', 'Paid', 'Shipped')[number % 3]}"
        position = EventPosition(1, "orders", number % 3, 100 + number)
        lanes = layout == "swimlanes"
        return GraphNode(
            key=f"n{number}",
            kind="event",
            label=label,
            name=self.text or f"{label}, orders/{number % 3}@{100 + number}, {self.fan} effects",
            x=90.0 + (number * 60.0 if lanes else self._depth(number) * 220.0),
            y=50.0 + ((number % 3) * 90.0 if lanes else number * 44.0),
            width=16.0 if lanes else WIDTH,
            height=16.0 if lanes else HEIGHT,
            shape=SHAPES[number % len(SHAPES)],
            colour=number % 8,
            event_id=self.text or f"e-{number}",
            copies=(self.text,) if self.text else (),
            unresolved=(self.text,) if self.text else (),
            in_cycle=number == 5,
            topic=position.topic,
            partition=position.partition,
            offset=position.offset,
            position=position,
        )

    def _group(self) -> GraphNode:
        return GraphNode(
            key="rest",
            kind="group",
            label=self.text or "3 x OrderPaid",
            name=self.text or "3 OrderPaid folded, opens on Enter",
            x=90.0 + self._depth(self.events) * 220.0,
            y=50.0 + self.events * 44.0,
            width=WIDTH,
            height=HEIGHT,
            shape="group",
            group="siblings",
            events=3,
            records=3,
        )

    def _edge(self, number: int, nodes: list[GraphNode]) -> GraphEdge:
        cause, effect = nodes[(number - 1) // self.fan], nodes[number]
        route = ((cause.x + cause.width / 2, cause.y), (effect.x - effect.width / 2, effect.y))
        kinds: tuple[EdgeKind, ...] = ("explicit", "span", "virtual", "hint")
        return GraphEdge(cause.key, effect.key, kinds[number % 4], route, layout_break=number == 5)

    def _row(self, node: GraphNode) -> GraphRow:
        text = self.text
        return GraphRow(
            key=node.key,
            depth=0 if node.group else self._depth(int(node.key[1:])),
            event_type=node.label,
            event_id=text or (node.event_id or ""),
            source=text or "shop",
            position=text or node.key,
            time=text or "10:00:00.000",
            hop=text or "+80 ms",
            causes=text or "1",
            effects=text or "2",
            remarks=text or ("cycle" if node.in_cycle else ""),
        )

    def _header(self, shown: int, *, folded: int) -> GraphHeader:
        return GraphHeader(
            events_shown=shown,
            events_folded=folded,
            events_total=shown + folded,
            records_total=shown + folded,
            edges_total=shown,
            roots=(("origin", 1),),
            fragments=1,
            unresolved=(("missing", 2),),
            copies=(),
            cycles=1,
            clock=self.text or "event",
            fell_back=0,
            without_time=0,
        )
