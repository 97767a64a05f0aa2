"""Structure of a graph: depth, cycles, the two forests and fragments (`docs/tracing.md` 2.5, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import Flags, Ints, components, longest_paths, pointer_doubling
from workbench.tracing.graph.columns import text_rank
from workbench.tracing.graph.cycles import find_cycles
from workbench.tracing.graph.times import hops


@dataclass(frozen=True, slots=True)
class GraphStructure:
    """One entry for each event, and one for each used edge; events are numbered in the order (t, id)."""

    depth: Ints
    """Longest path in edges from an event without a resolved cause, layout breaks left out."""
    binding: Ints
    """Latest cause, -1 without one."""
    primary: Ints
    """Least cause by (type, source, t, id), -1 without one."""
    root: Ints
    """First event of the path of binding causes."""
    binding_depth: Ints
    """Length of that path in edges."""
    fragment: Ints
    """Number of the weakly connected component, from 0 in the order of the first events."""
    cycles: tuple[Ints, ...]
    """Events of each cycle."""
    layout_break: Flags
    """Marks the used edges that are left out so that no cycle remains."""

    @property
    def fragments(self) -> int:
        """Number of weakly connected components."""
        return int(self.fragment.max()) + 1 if len(self.fragment) else 0

    def in_cycle(self) -> Flags:
        """Mark the events that lie on a cycle."""
        marked = np.zeros(len(self.depth), dtype=np.bool_)
        for members in self.cycles:
            marked[members] = True
        return marked


@dataclass(frozen=True, slots=True)
class StructureInput:
    """Columns that the structure is computed from: used edges, virtual edges, and what orders the events."""

    time: Ints
    """Microseconds, `NO_TIME` where unknown."""
    cause: Ints
    effect: Ints
    virtual_cause: Ints
    """Virtual event (numbered from 0) of each virtual edge: it joins fragments and does nothing else."""
    virtual_effect: Ints
    type_rank: Ints
    """Rank of each event's type in the order of their text."""
    source_rank: Ints
    key: pa.Array
    """Text that names each event; read only for the edges of cycles."""


def structure_of(columns: StructureInput) -> GraphStructure:
    """Compute the structure of any graph, an empty one and one that is all cycle included."""
    count = len(columns.time)
    depth = longest_paths(count, columns.cause, columns.effect)
    cycles = find_cycles(columns.cause, columns.effect, depth, partial(_removal_rank, columns))
    kept = ~cycles.breaks
    cause, effect = columns.cause[kept], columns.effect[kept]
    if cycles.breaks.any():
        depth = longest_paths(count, cause, effect)
    binding = np.full(count, -1, dtype=np.int64)
    # Events are numbered by (t, id), so the largest number is the latest cause.
    np.maximum.at(binding, effect, cause)
    forest = pointer_doubling(binding)
    return GraphStructure(
        depth=depth,
        binding=binding,
        primary=primary_causes(count, cause, effect, type_rank=columns.type_rank, source_rank=columns.source_rank),
        root=forest.root,
        binding_depth=forest.depth,
        fragment=_fragments(columns),
        cycles=cycles.members,
        layout_break=cycles.breaks,
    )


def _removal_rank(columns: StructureInput, edges: Ints) -> Ints:
    """Rank by (hop, cause, effect); hops that are not known come last."""
    cause, effect = columns.cause[edges], columns.effect[edges]
    hop, known = hops(columns.time, cause, effect)
    causes, effects = (text_rank(columns.key.take(pa.array(end))) for end in (cause, effect))
    rank = np.empty(len(edges), dtype=np.int64)
    rank[np.lexsort((effects, causes, hop, ~known))] = np.arange(len(edges))
    return rank


def primary_causes(count: int, cause: Ints, effect: Ints, *, type_rank: Ints, source_rank: Ints) -> Ints:
    """Return the least cause of each event by (type, source, t, id), -1 without one."""
    primary = np.full(count, -1, dtype=np.int64)
    primary[effect] = cause
    joins = np.bincount(effect, minlength=count)[effect] > 1
    cause, effect = cause[joins], effect[joins]
    # Of repeated indices numpy keeps the last assignment: the least cause is written last.
    least_last = np.lexsort((cause, source_rank[cause], type_rank[cause]))[::-1]
    primary[effect[least_last]] = cause[least_last]
    return primary


def _fragments(columns: StructureInput) -> Ints:
    count = len(columns.time)
    virtual = columns.virtual_cause + count
    total = count + (int(columns.virtual_cause.max()) + 1 if len(virtual) else 0)
    first = np.concatenate([columns.cause, virtual])
    label = components(total, first, np.concatenate([columns.effect, columns.virtual_effect]))
    return np.unique(label[:count], return_inverse=True)[1].reshape(-1)
