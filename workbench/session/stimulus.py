"""Selects the causal roots among the records of a selection: a replay in mode ``stimulus`` sends nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.replay.expected_effects import ExpectedEffects
    from workbench.tracing.trace import Trace

_POSITION = ("source_id", "partition", "offset")


def roots_of(graph: Trace, positions: pa.Table) -> tuple[pa.Table, ExpectedEffects]:
    """Return the positions of those records that no other one of the selection caused, and what they should lead to.

    Args:
        graph: The causal graph of the whole snapshot.
        positions: The selection: source_id, partition, offset.
    """
    import pyarrow as pa

    from workbench.tracing.selection import at_positions

    wanted = set(zip(*(positions[name].to_pylist() for name in _POSITION), strict=True))
    chosen = graph.cut(at_positions(graph.data, wanted))
    roots = {(at.source_id, at.partition, at.offset) for at in chosen.root_positions()}
    # A record that is no event of the graph, such as a copy of one, was caused by none either: it stays where it is.
    known = {(at.source_id, at.partition, at.offset) for at in chosen.positions()}
    rows = [row for row, at in enumerate(zip(*(positions[n].to_pylist() for n in _POSITION), strict=True))
            if at in roots or at not in known]  # fmt: skip
    return positions.take(pa.array(rows, pa.int64())), _effects(graph, chosen)


def _effects(graph: Trace, chosen: Trace) -> ExpectedEffects:
    from workbench.replay.expected_effects import ExpectedEffects
    from workbench.tracing.selection import root_types

    edges = graph.type_map().frame
    edges = edges[
        edges["cause"].isin(root_types(chosen.data)) & edges["effect"].map(lambda name: isinstance(name, str))
    ]
    # Causes at the end of the capture may not have had all their effects yet; a type may have no others.
    edges = edges.assign(share=edges["share_mature"].fillna(edges["share"])).sort_values(
        ["share", "n", "cause", "effect"], ascending=[False, False, True, True]
    )
    cut, outside = chosen.boundary()
    return ExpectedEffects(tuple(edges[["cause", "effect", "share"]].itertuples(index=False, name=None)), outside, cut)
