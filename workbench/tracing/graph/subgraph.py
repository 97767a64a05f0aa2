"""Subgraphs: some events of a graph with the edges between them, and a note of every edge that is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.edges import EDGE_KINDS
from workbench.tracing.graph.graph import INNER, ORPHAN, Facts
from workbench.tracing.graph.node_table import NodeTable

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags
    from workbench.tracing.graph.edges import Edges
    from workbench.tracing.graph.graph import CausalGraph


def subgraph(graph: CausalGraph, chosen: Flags, selection: str) -> CausalGraph:
    """Keep some events of a graph; causes that are cut off become unresolved as ``outside_selection``.

    Args:
        graph: The graph, which stays as it is.
        chosen: Marks the events to keep.
        selection: Says in a few words how they were chosen.
    """
    kept = np.flatnonzero(chosen)
    number = np.full(len(graph), -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    inside = graph.edges.pick(chosen[graph.edges.cause] & chosen[graph.edges.effect])
    linked = np.zeros(len(graph), dtype=np.bool_)
    linked[inside.effect[~inside.is_hint()]] = True
    cut_off = ~linked & (graph.root_kind == INNER)
    facts = graph.facts
    cut = graph.edges.pick(chosen[graph.edges.cause] != chosen[graph.edges.effect])
    return replace(
        graph,
        provenance=replace(graph.provenance, selection=selection),
        attributes=graph.attributes.keep(kept),
        time=graph.time[kept],
        fell_back=graph.fell_back[kept],
        root_kind=np.where(cut_off, ORPHAN, graph.root_kind)[kept].astype(np.int8),
        edges=replace(inside, cause=number[inside.cause], effect=number[inside.effect]),
        facts=Facts(
            virtual=facts.virtual.renumbered(number),
            unresolved=(facts.unresolved + _cut_causes(graph, cut, chosen)).renumbered(number),
            copies=facts.copies.renumbered(number),
            problems=facts.problems.renumbered(number),
            outcomes=facts.outcomes.renumbered(number),
            outside=(facts.outside + _cut_edges(graph, cut, chosen)).renumbered(number),
        ),
    )


def _cut_causes(graph: CausalGraph, crossing: Edges, chosen: Flags) -> NodeTable:
    cut = crossing.pick(crossing.used() & chosen[crossing.effect])
    if not len(cut):
        return NodeTable(cut.effect)
    return NodeTable(
        cut.effect,
        {
            "value": EncodedColumn(np.arange(len(cut)), graph.some("key", cut.cause)),
            "target": _constant("event_id", len(cut)),
            "reason": _constant("outside_selection", len(cut)),
            "rank": cut.rank,
            "via": EncodedColumn(cut.via, graph.vias),
            "hop_bound_us": np.full(len(cut), np.nan),
            "unread": np.zeros(len(cut), dtype=np.int64),
        },
    )


def _cut_edges(graph: CausalGraph, crossing: Edges, chosen: Flags) -> NodeTable:
    to_cause = chosen[crossing.effect]
    far = np.where(to_cause, crossing.cause, crossing.effect)
    if not len(far):
        return NodeTable(far)
    return NodeTable(
        np.where(to_cause, crossing.effect, crossing.cause),
        {
            "direction": EncodedColumn((~to_cause).astype(np.int64), pa.array(["cause", "effect"], pa.large_string())),
            "kind": EncodedColumn(crossing.kind.astype(np.int64), pa.array(EDGE_KINDS, pa.large_string())),
            "neighbour": EncodedColumn(np.arange(len(far)), graph.some("key", far)),
            "event_type": EncodedColumn.of(graph.some("event_type", far)),
            "correlation_id": EncodedColumn.of(graph.some("correlation_id", far)),
        },
    )


def _constant(text: str, count: int) -> EncodedColumn:
    return EncodedColumn(np.zeros(count, dtype=np.int64), pa.array([text], pa.large_string()))
