"""Cases: the events of one correlation, or of one trace, with the two forests inside each (`docs/tracing.md` 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import pointer_doubling
from workbench.tracing.graph.columns import encoded_rank
from workbench.tracing.graph.structure import primary_causes

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a graph. Causes in another case, and layout breaks, are no causes here."""

    case: Ints
    """Number of each event's case, -1 outside every case."""
    names: pa.Array
    """Name of each case: its correlation id, or the words that selected the trace."""
    cause: Ints
    """Edges inside cases."""
    effect: Ints
    primary: Ints
    binding: Ints
    level: Ints
    """Depth in the forest of primary causes."""

    def has_effect(self) -> Flags:
        """Mark the events that something in their case has as a cause."""
        marked = np.zeros(len(self.case), dtype=np.bool_)
        marked[self.cause] = True
        return marked


def cases_by_correlation(graph: CausalGraph) -> Cases:
    """Make a case of each correlation; events without one are in no case."""
    encoded = graph.encoded("correlation_id")
    return _cases(graph, encoded.codes, encoded.dictionary)


def one_case(graph: CausalGraph) -> Cases:
    """Make one case of the whole graph."""
    name = pa.array([graph.provenance.selection], pa.large_string())
    return _cases(graph, np.zeros(len(graph), dtype=np.int64), name)


def _cases(graph: CausalGraph, case: Ints, names: pa.Array) -> Cases:
    used = graph.used_edges
    inside = (case[used.cause] >= 0) & (case[used.cause] == case[used.effect]) & ~graph.structure.layout_break
    cause, effect = used.cause[inside], used.effect[inside]
    ranks = [encoded_rank(graph.encoded(name)) for name in ("event_type", "source")]
    primary = primary_causes(len(graph), cause, effect, type_rank=ranks[0], source_rank=ranks[1])
    binding = np.full(len(graph), -1, dtype=np.int64)
    np.maximum.at(binding, effect, cause)
    return Cases(case, names, cause, effect, primary, binding, _levels(primary))


def _levels(parent: Ints) -> Ints:
    depth: Ints = pointer_doubling(parent).depth
    return depth
