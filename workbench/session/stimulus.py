"""Selects the causal roots among the records of a selection: a replay in mode ``stimulus`` sends nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.tracing.trace import Trace

_POSITION = ("source_id", "partition", "offset")


def roots_of(graph: Trace, positions: pa.Table) -> pa.Table:
    """Return the positions of those records that no other one of the selection caused.

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
    return positions.take(pa.array(rows, pa.int64()))
