"""Populations of traces: the root of each correlation, its types, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.records import positions_table

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

Population: TypeAlias = "tuple[pa.Table, list[dict[str, Any]]]"
"""Positions of the first event of each trace, and what its events add up to."""


def trace_populations(
    graph: CausalGraph, selection: pa.Table, baseline: pa.Table | None
) -> tuple[Population, Population]:
    """Divide the correlations into those with an event of the selection and others.

    Args:
        graph: The graph of the whole snapshot.
        selection: Positions of events.
        baseline: The same of the other side; None takes all other correlations.
    """
    case = EncodedColumn.of(graph.column("correlation_id")).codes
    chosen = np.unique(case[_marked(graph, selection) & (case >= 0)])
    inside = case >= 0 if baseline is None else _marked(graph, baseline) & (case >= 0)
    others = np.setdiff1d(np.unique(case[inside]), chosen)
    return _population(graph, case, chosen), _population(graph, case, others)


def _marked(graph: CausalGraph, positions: pa.Table) -> Flags:
    names = ["source_id", "partition", "offset"]
    own = graph.events.select(names).to_pandas().astype("int64")
    wanted = positions.select(names).to_pandas().astype("int64").drop_duplicates().assign(chosen=True)
    marked: Flags = own.merge(wanted, on=names, how="left")["chosen"].notna().to_numpy()
    return marked


def _population(graph: CausalGraph, case: Ints, cases: Ints) -> Population:
    nodes = np.flatnonzero(np.isin(case, cases))
    first = nodes[np.unique(case[nodes], return_index=True)[1]]
    frame = pd.DataFrame(
        {
            "case": case[nodes],
            "type": graph.column("event_type").to_pandas().to_numpy(object)[nodes],
            "time": np.where(graph.time[nodes] == NO_TIME, np.nan, graph.time[nodes].astype(np.float64)),
            "depth": graph.structure.depth[nodes],
            "failed": graph.marked("failed")[nodes],
        },
    )
    figures = []
    for _, rows in frame.groupby("case", sort=True):
        span = rows["time"].max() - rows["time"].min()
        figures.append(
            {
                "events": len(rows),
                "depth": int(rows["depth"].max()),
                "failures": int(rows["failed"].sum()),
                **({} if pd.isna(span) else {"span_us": int(span)}),
                **{f"has {name}": True for name in rows["type"].dropna().unique()},
            }
        )
    return positions_table(graph, first), figures
