"""Intervals of the spans of a graph, as the algorithms on synchronous calls take them (`docs/tracing.md` 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.spans.events import PARENT_VIA

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class Intervals:
    """One entry for each interval: a span, and inside it the server's side of a span that has two."""

    node: Ints
    """Number of the event."""
    start: Ints
    end: Ints
    """Never before the start: a span that ends before it starts counts as a moment at its start."""
    parent: Ints
    """Index of the interval around it, -1 for a root."""
    server: Flags
    """Marks the server's side of a span with two sides."""
    detached: Flags
    """Marks a consumer's span directly under a producer's: nobody waited for it in a call."""

    def __len__(self) -> int:
        return len(self.node)


def intervals_of(graph: CausalGraph) -> Intervals:
    """Take the spans that have a time; what hangs on one without a time hangs on the nearest one above it."""
    start, end = graph.micros("started"), graph.micros("ended")
    timed = (start != NO_TIME) & (end != NO_TIME)
    parent = _timed_parents(parents_of(graph), timed)
    kind = graph.optional("span_kind")
    consumer, producer = (
        np.zeros(len(graph), dtype=np.bool_) if kind is None else flags(pc.equal(kind, name))
        for name in ("consumer", "producer")
    )
    detached = consumer & (parent >= 0) & producer[parent]
    server_start, server_end = graph.micros("server_started"), graph.micros("server_ended")
    sided = timed & (server_start != NO_TIME) & (server_end != NO_TIME)
    nodes, sides = np.flatnonzero(timed), np.flatnonzero(sided)
    place = np.full(len(graph) + 1, -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    inner = place.copy()
    inner[sides] = len(nodes) + np.arange(len(sides))
    begins = np.concatenate([start[nodes], server_start[sides]])
    return Intervals(
        node=np.concatenate([nodes, sides]),
        start=begins,
        end=np.maximum(begins, np.concatenate([end[nodes], server_end[sides]])),
        parent=np.concatenate([inner[parent[nodes]], place[sides]]),
        server=np.arange(len(nodes) + len(sides)) >= len(nodes),
        detached=np.concatenate([detached[nodes], np.zeros(len(sides), dtype=np.bool_)]),
    )


def parents_of(graph: CausalGraph) -> Ints:
    """Return the parent span of each event, -1 without one; links and layout breaks are no parents."""
    used = graph.used_edges
    via = flags(pc.equal(graph.vias, PARENT_VIA))
    called = (used.via >= 0) & ~graph.structure.layout_break
    called[called] = via[used.via[called]]
    parent = np.full(len(graph), -1, dtype=np.int64)
    parent[used.effect[called]] = used.cause[called]
    return parent


def is_spans(graph: CausalGraph) -> bool:
    """Tell whether every event of a graph is a span."""
    kind = graph.optional("span_kind")
    return kind is not None and kind.null_count == 0 and len(graph) > 0


def _timed_parents(parent: Ints, timed: Flags) -> Ints:
    """Pass over spans without a time on the way up; -1 at the end of the array makes -1 its own parent."""
    above = np.append(parent, -1)
    known = np.append(timed, True)
    while True:
        skip = ~known[above]
        if not skip.any():
            return above[:-1]
        above[skip] = above[above[skip]]
