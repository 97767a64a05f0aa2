"""Subgraphs: some events of a graph with the edges between them, and a note of every edge that is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.tracing.graph.graph import INNER, ORPHAN

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.graph import CausalGraph


def subgraph(graph: CausalGraph, chosen: Flags, selection: str) -> CausalGraph:
    """Keep some events of a graph; causes that are cut off become unresolved as ``outside_selection``.

    Args:
        graph: The graph, which stays as it is.
        chosen: Marks the events to keep.
        selection: Says in a few words how they were chosen.
    """
    kept = np.flatnonzero(chosen)
    number = np.full(len(graph), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    inside = graph.edges.pick(chosen[graph.edges.cause] & chosen[graph.edges.effect])
    linked = np.zeros(len(graph), dtype=np.bool_)
    linked[inside.effect[~inside.is_hint()]] = True
    cut_off = ~linked & (graph.root_kind == INNER)
    return replace(
        graph,
        provenance=replace(graph.provenance, selection=selection),
        events=graph.events.take(pa.array(kept)),
        time=graph.time[kept],
        fell_back=graph.fell_back[kept],
        root_kind=np.where(cut_off, ORPHAN, graph.root_kind)[kept],
        edges=replace(inside, cause=number[inside.cause], effect=number[inside.effect]),
        virtual=_renumbered(graph.virtual, number),
        unresolved=_renumbered(pd.concat([graph.unresolved, _cut_causes(graph, chosen)]), number),
        copies=_renumbered(graph.copies, number),
        problems=_renumbered(graph.problems, number),
        outcomes=_renumbered(graph.outcomes, number),
        outside=_renumbered(pd.concat([graph.outside, _cut_edges(graph, chosen)]), number),
    )


def _cut_causes(graph: CausalGraph, chosen: Flags) -> pd.DataFrame:
    cut = graph.edges.pick(graph.edges.used() & chosen[graph.edges.effect] & ~chosen[graph.edges.cause])
    return pd.DataFrame(
        {
            "node": cut.effect,
            "value": _texts(graph, "key", cut.cause),
            "target": "event_id",
            "reason": "outside_selection",
            "rank": cut.rank,
            "via": graph.vias.take(pa.array(cut.via, mask=cut.via < 0)).to_pandas(),
            "hop_bound_us": np.nan,
            "unread": 0,
        },
    ).astype(graph.unresolved.dtypes.to_dict())


def _cut_edges(graph: CausalGraph, chosen: Flags) -> pd.DataFrame:
    crossing = graph.edges.pick(chosen[graph.edges.cause] != chosen[graph.edges.effect])
    to_cause = chosen[crossing.effect]
    far = np.where(to_cause, crossing.cause, crossing.effect)
    return pd.DataFrame(
        {
            "node": np.where(to_cause, crossing.effect, crossing.cause),
            "direction": np.where(to_cause, "cause", "effect"),
            "kind": crossing.kind_texts(),
            "neighbour": _texts(graph, "key", far),
            "event_type": _texts(graph, "event_type", far),
            "correlation_id": _texts(graph, "correlation_id", far),
        },
    ).astype(graph.outside.dtypes.to_dict())


def _texts(graph: CausalGraph, name: str, nodes: Ints) -> pd.Series[str]:
    texts: pd.Series[str] = graph.column(name).take(pa.array(nodes)).to_pandas()
    return texts


def _renumbered(frame: pd.DataFrame, number: Ints) -> pd.DataFrame:
    nodes = number[frame["node"].to_numpy(np.int64)]
    kept: pd.DataFrame = frame.assign(node=nodes)[nodes >= 0].reset_index(drop=True)
    return kept
