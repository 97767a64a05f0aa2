"""Sequence diagram of a trace: lanes, handlers and arrows, as Mermaid text (`docs/tracing.md` 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.model.sequence import Arrow, Handler
from workbench.text import counted, duration_text, visible_name
from workbench.tracing.answers import Answer
from workbench.tracing.drawing.painting.svg import svg_text
from workbench.tracing.drawing.pictures.sequence import sequence_picture
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.idle_gaps import idle_gaps
from workbench.tracing.text.mermaid import label

if TYPE_CHECKING:
    from workbench.model.sequence import ArrowKind
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

FOLD_ABOVE = 200
"""Arrows from which on repeated subtrees are folded into one of them."""

_NO_SOURCE = "(no source)"
_NAME_LIMIT = 60


@dataclass(frozen=True, eq=False, repr=False)
class SequenceDiagram(Answer):
    """Who told whom what, in the order of arrival. There is no limit; above 200 arrows repeated subtrees are folded."""

    lanes: tuple[str, ...]
    handlers: tuple[Handler, ...]
    arrows: tuple[Arrow, ...]
    folded: int
    """Events that are not drawn because an equal subtree beside them is."""
    idle: dict[int, int]
    """Number of an arrow, and the microseconds before it in which nothing arrived; only gaps far longer than usual."""

    @property
    def frame(self) -> pd.DataFrame:
        """event, event_type, sender, receiver, kind, delay_us, times: one row for each arrow."""
        names = ["event", "event_type", "sender", "receiver", "kind", "delay_us", "times"]
        rows = [[getattr(arrow, name) for name in names] for arrow in self.arrows]
        return pd.DataFrame(rows, columns=names).astype({"delay_us": "Int64"})

    def mermaid(self) -> str:
        """Write the diagram for Mermaid, every text escaped, never payload."""
        numbers = {lane: number for number, lane in enumerate(self.lanes)}
        lines = ["sequenceDiagram"]
        lines += [f"  participant L{number} as {_shown(lane)}" for lane, number in numbers.items()]
        for place, arrow in enumerate(self.arrows):
            if place in self.idle:
                lines.append(f"  Note over L0: nothing for {duration_text(self.idle[place], 'us')}")
            sender = f"L{numbers[arrow.sender]}"
            many = f" (x {arrow.times})" if arrow.times > 1 else ""
            if arrow.receiver is None:
                lines.append(f"  Note over {sender}: {_shown(arrow.event_type)}{many}, no reaction seen")
                continue
            line = "-->>" if arrow.kind == "join" else "->>"
            said = _delay(arrow)
            lines.append(f"  {sender}{line}L{numbers[arrow.receiver]}: {_shown(arrow.event_type)}{said}{many}")
        if self.folded and self.lanes:
            lines.append(f"  Note over L0: {counted(self.folded, 'event')} in repeated subtrees folded")
        return "\n".join(lines) + "\n"

    def svg(self) -> str:
        """Write the diagram as an SVG file."""
        picture = sequence_picture(self.lanes, self.handlers, self.arrows, self.idle, folded=self.folded)
        return svg_text(picture, "Sequence diagram")

    def text(self) -> str:
        """Write one line for each arrow."""
        fold = f", {counted(self.folded, 'event')} in repeated subtrees folded" if self.folded else ""
        lines = [f"sequence: {counted(len(self.lanes), 'lane')}, {counted(len(self.arrows), 'arrow')}{fold}"]
        for place, arrow in enumerate(self.arrows):
            if place in self.idle:
                lines.append(f"  … nothing for {duration_text(self.idle[place], 'us')}")
            to = "(no reaction seen)" if arrow.receiver is None else visible_name(arrow.receiver, _NAME_LIMIT)
            many = f" x {arrow.times}" if arrow.times > 1 else ""
            lines.append(
                f"  {visible_name(arrow.sender, _NAME_LIMIT)} → {to}: {visible_name(arrow.event_type, _NAME_LIMIT)}"
                f"{_delay(arrow)}{many}"
            )
        return "\n".join(lines)


def _shown(text: str) -> str:
    return label(visible_name(text, _NAME_LIMIT))


def _delay(arrow: Arrow) -> str:
    said = [] if arrow.delay_us is None else [duration_text(arrow.delay_us, "us", signed=True)]
    said += ["join"] if arrow.kind == "join" else []
    return f" ({', '.join(said)})" if said else ""


def sequence_diagram(graph: CausalGraph, *, fold_above: int = FOLD_ABOVE) -> SequenceDiagram:
    """Make the diagram of a trace.

    Args:
        graph: A trace; layout breaks are left out.
        fold_above: Arrows from which on repeated subtrees are folded.
    """
    model = _Model(graph)
    arrows, arrivals = model.arrows(np.ones(len(graph), dtype=np.int64))
    folded = 0
    if len(arrows) > fold_above:
        times = model.folded()
        folded = int((times == 0).sum())
        arrows, arrivals = model.arrows(times)
    known = arrivals[arrivals != NO_TIME]
    late = len(arrivals) - len(known)
    idle = {late + int(gap) + 1: int(known[gap + 1] - known[gap]) for gap in idle_gaps(known)[1]}
    return SequenceDiagram(tuple(model.lanes), tuple(model.handlers()), tuple(arrows), folded, idle)


class _Model:
    """The events of a trace as lists: each is looked at a few times, and a diagram is never of a million."""

    def __init__(self, graph: CausalGraph) -> None:
        structure, used = graph.structure, graph.used_edges
        kept = ~structure.layout_break
        count = len(graph)
        self.keys: list[str] = graph.column("key").to_pylist()
        self.types = [name if name is not None else "(no type)" for name in graph.column("event_type").to_pylist()]
        self.source = [name if name is not None else _NO_SOURCE for name in graph.column("source").to_pylist()]
        self.destination: list[str | None] = graph.column("destination").to_pylist()
        self.time: list[int] = graph.time.tolist()
        self.started: list[int] = graph.micros("started").tolist()
        self.binding: list[int] = structure.binding.tolist()
        self.primary: list[int] = structure.primary.tolist()
        self.depth: Ints = structure.depth
        effects = Groups.of(used.cause[kept], count, used.effect[kept])
        self.effects = [
            sorted(effects.members[a:b].tolist())
            for a, b in zip(effects.starts[:-1].tolist(), effects.starts[1:].tolist(), strict=True)
        ]
        self.children: list[list[int]] = [[] for _ in range(count)]
        for node, parent in enumerate(self.primary):
            if parent >= 0:
                self.children[parent].append(node)
        self.roots = [node for node, parent in enumerate(self.primary) if parent < 0]
        self.lanes = self._lanes()

    def _lanes(self) -> list[str]:
        """Register senders and named receivers along the primary forest, depth first, in order of time."""
        lanes: dict[str, None] = {}
        stack = self._ordered(self.roots)[::-1]
        while stack:
            node = stack.pop()
            lanes.setdefault(self.source[node])
            if (to := self.destination[node]) is not None:
                lanes.setdefault(to)
            stack += self._ordered(self.children[node])[::-1]
        return list(lanes)

    def _ordered(self, nodes: list[int]) -> list[int]:
        handled = [self.started[node] if self.started[node] != NO_TIME else self.time[node] for node in nodes]
        return [node for _, node in sorted(zip(handled, nodes, strict=True))]

    def handlers(self) -> list[Handler]:
        """Return the start markers, then the handlers by their first emission."""
        emits: dict[tuple[int, str], list[int]] = {}
        for node, cause in enumerate(self.binding):
            emits.setdefault((cause, self.source[node]), []).append(node)
        for node, to in enumerate(self.destination):
            if to is not None:
                emits.setdefault((node, to), [])
        last = len(self.keys)
        ordered = sorted(emits, key=lambda one: (one[0] >= 0, min(emits[one], default=last), one))
        return [
            Handler(
                None if event < 0 else self.keys[event], lane, tuple(self.keys[node] for node in emits[event, lane])
            )
            for event, lane in ordered
        ]

    def arrows(self, times: Ints) -> tuple[list[Arrow], Ints]:
        """Return the arrows of the events that are drawn in the order of arrival, and when each arrives."""
        found: list[tuple[tuple[int, int, int, int], Arrow]] = []
        lane_number = {lane: number for number, lane in enumerate(self.lanes)}
        for node, many in enumerate(times.tolist()):
            if not many:
                continue
            reacting: dict[str, list[int]] = {}
            for effect in self.effects[node]:
                if times[effect]:
                    reacting.setdefault(self.source[effect], []).append(effect)
            if (to := self.destination[node]) is not None:
                reacting.setdefault(to, [])
            for lane, effects in reacting.items():
                arrival = self._arrival(node, effects)
                arrow = self._arrow(node, lane, effects, arrival, many)
                found.append(((arrival, self.time[node], node, lane_number[lane]), arrow))
            if not reacting:
                arrow = Arrow(self.keys[node], self.types[node], self.source[node], None, "unhandled", None, many)
                found.append(((self.time[node], self.time[node], node, -1), arrow))
        found.sort(key=lambda pair: pair[0])
        return [arrow for _, arrow in found], np.array([place[0] for place, _ in found], dtype=np.int64)

    def _arrival(self, node: int, effects: list[int]) -> int:
        return self.time[effects[0]] if effects else self.time[node]

    def _arrow(self, node: int, lane: str, effects: list[int], arrival: int, times: int) -> Arrow:
        kind: ArrowKind = "message"
        if lane == self.source[node]:
            kind = "self"
        elif effects and all(self.binding[effect] != node for effect in effects):
            kind = "join"
        known = effects and arrival != NO_TIME and self.time[node] != NO_TIME
        delay = arrival - self.time[node] if known else None
        return Arrow(self.keys[node], self.types[node], self.source[node], lane, kind, delay, times)

    def folded(self) -> Ints:
        """Return how many subtrees each event stands for: of equal siblings or roots the first is drawn, others 0."""
        form: list[int] = [0] * len(self.keys)
        numbers: dict[tuple[object, ...], int] = {}
        times = np.ones(len(self.keys), dtype=np.int64)
        for node in np.argsort(-self.depth, kind="stable").tolist():
            inner = tuple(sorted(form[child] for child in self.children[node]))
            form[node] = numbers.setdefault((self.types[node], self.source[node], inner), len(numbers))
        for siblings in [*self.children, self.roots]:
            first: dict[int, int] = {}
            for node in siblings:
                kept = first.setdefault(form[node], node)
                if kept != node:
                    times[kept] += 1
                    times[node] = 0
        # What hangs under a folded event is folded with it; what hangs under the one that is drawn counts as often.
        for node in np.argsort(self.depth, kind="stable").tolist():
            if (parent := self.primary[node]) >= 0:
                times[node] *= times[parent]
        return times
