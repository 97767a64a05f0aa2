"""What a graph of used edges looks like: depth, cycles, the two forests, fragments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.arrays import Flags, Ints, components, longest_paths, pointer_doubling
from workbench.tracing.graph.cycles import find_cycles

NO_TIME = np.iinfo(np.int64).min
"""Time of an event that has none: such events come first in every order, and win no comparison by time."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Per node and per used edge; nodes are numbered in the order (t, id)."""

    depth: Ints
    """Longest path in edges from a node without resolved cause, layout breaks left out."""
    binding: Ints
    """Latest cause, -1 without one."""
    primary: Ints
    """Least cause by (type, source, t, id), -1 without one."""
    root: Ints
    """End of the path of binding causes."""
    binding_depth: Ints
    fragment: Ints
    """Numbered from 0 by their first event."""
    cycles: tuple[Ints, ...]
    layout_break: Flags

    @property
    def fragments(self) -> int:
        return int(self.fragment.max()) + 1 if len(self.fragment) else 0


@dataclass(frozen=True, slots=True)
class GraphStructure:
    """What the structure is made from."""

    time: Ints
    """Microseconds, `NO_TIME` where unknown."""
    cause: Ints
    effect: Ints
    virtual_cause: Ints
    """Virtual node (numbered from 0) of each virtual edge: joins fragments, nothing else."""
    virtual_effect: Ints
    type_rank: Ints
    """Rank of each node's type in the order of their text."""
    source_rank: Ints
    key: pa.Array
    """Text that names each node; read only for the edges of cycles."""

    def hops(self) -> tuple[Ints, Flags]:
        """``t(effect) - t(cause)`` of each edge, and whether both times are known."""
        early, late = self.time[self.cause], self.time[self.effect]
        known = (early != NO_TIME) & (late != NO_TIME)
        return np.where(known, late, 0) - np.where(known, early, 0), known


def structure_of(shape: GraphStructure) -> Structure:
    """Compute the structure; any graph is welcome, also an empty one and one that is all cycle."""
    count = len(shape.time)
    depth = longest_paths(count, shape.cause, shape.effect)
    cycles = find_cycles(shape.cause, shape.effect, depth, partial(_removal_rank, shape))
    kept = ~cycles.breaks
    cause, effect = shape.cause[kept], shape.effect[kept]
    if cycles.breaks.any():
        depth = longest_paths(count, cause, effect)
    binding = np.full(count, -1, dtype=np.int64)
    np.maximum.at(binding, effect, cause)
    forest = pointer_doubling(binding)
    return Structure(
        depth=depth,
        binding=binding,
        primary=_primary(shape, cause, effect),
        root=forest.root,
        binding_depth=forest.depth,
        fragment=_fragments(shape),
        cycles=cycles.members,
        layout_break=cycles.breaks,
    )


def _removal_rank(shape: GraphStructure, edges: Ints) -> Ints:
    """Rank by (hop, cause, effect); hops that are not known come last."""
    hop, known = (column[edges] for column in shape.hops())
    causes, effects = (text_rank(shape.key.take(pa.array(end[edges]))) for end in (shape.cause, shape.effect))
    rank = np.empty(len(edges), dtype=np.int64)
    rank[np.lexsort((effects, causes, hop, ~known))] = np.arange(len(edges))
    return rank


def _primary(shape: GraphStructure, cause: Ints, effect: Ints) -> Ints:
    primary = np.full(len(shape.time), -1, dtype=np.int64)
    primary[effect] = cause
    joins = np.bincount(effect, minlength=len(primary))[effect] > 1
    cause, effect = cause[joins], effect[joins]
    least_last = np.lexsort((cause, shape.source_rank[cause], shape.type_rank[cause]))[::-1]
    primary[effect[least_last]] = cause[least_last]
    return primary


def _fragments(shape: GraphStructure) -> Ints:
    count = len(shape.time)
    virtual = shape.virtual_cause + count
    total = count + (int(shape.virtual_cause.max()) + 1 if len(virtual) else 0)
    first = np.concatenate([shape.cause, virtual])
    label = components(total, first, np.concatenate([shape.effect, shape.virtual_effect]))
    return np.unique(label[:count], return_inverse=True)[1].reshape(-1)


def text_rank(values: pa.Array) -> Ints:
    """Rank of each text among the distinct ones in code point order; null is least (0)."""
    encoded = values.dictionary_encode()
    rank = np.empty(len(encoded.dictionary) + 1, dtype=np.int64)
    rank[-1] = 0
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(1, len(rank))
    codes: Ints = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rank[codes]
