"""Structure of a graph: depth, cycles, the two forests and fragments (`docs/tracing.md` 2.5, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import components, longest_paths, pointer_doubling
from workbench.tracing.graph.columns import encoded_rank, text_rank
from workbench.tracing.graph.cycles import find_cycles
from workbench.tracing.graph.once import once
from workbench.tracing.graph.times import hops
from workbench.tracing.graph.walks import number_components

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.attributes import EventAttributes
    from workbench.tracing.graph.cycles import Cycles


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
    attributes: EventAttributes
    """``event_type`` and ``source`` order the causes of a join, ``key`` the edges of a cycle."""


@dataclass(frozen=True, eq=False)
class GraphStructure:
    """One entry for each event, and one for each used edge; events are numbered in the order (t, id).

    Any graph has one, an empty one and one that is all cycle included. Each part is computed when first asked for.
    """

    columns: StructureInput

    @once
    def _levels(self) -> tuple[Ints, Cycles]:
        columns, count = self.columns, len(self.columns.time)
        depth = longest_paths(count, columns.cause, columns.effect)
        cycles = find_cycles(columns.cause, columns.effect, depth, partial(_removal_rank, columns))
        if cycles.breaks.any():
            kept = ~cycles.breaks
            depth = longest_paths(count, columns.cause[kept], columns.effect[kept])
        return depth, cycles

    def _kept(self) -> tuple[Ints, Ints]:
        """Return causes and effects of the edges that are no layout breaks; they are not kept in memory."""
        columns, breaks = self.columns, self.layout_break
        return (columns.cause[~breaks], columns.effect[~breaks]) if breaks.any() else (columns.cause, columns.effect)

    @property
    def depth(self) -> Ints:
        """Longest path in edges from an event without a resolved cause, layout breaks left out."""
        return self._levels[0]

    @property
    def cycles(self) -> tuple[Ints, ...]:
        """Events of each cycle."""
        return self._levels[1].members

    @property
    def layout_break(self) -> Flags:
        """Marks the used edges that are left out so that no cycle remains."""
        return self._levels[1].breaks

    @once
    def binding(self) -> Ints:
        """Latest cause, -1 without one."""
        cause, effect = self._kept()
        # Events are numbered by (t, id), so the largest number is the latest cause; edges come by (effect, cause), and
        # of repeated indices numpy keeps the last assignment.
        binding = np.full(len(self.columns.time), -1, dtype=np.int32)
        binding[effect] = cause
        return binding

    @once
    def primary(self) -> Ints:
        """Least cause by (type, source, t, id), -1 without one."""
        ranks = [encoded_rank(self.columns.attributes.encoded(name)) for name in ("event_type", "source")]
        return primary_causes(len(self.columns.time), *self._kept(), type_rank=ranks[0], source_rank=ranks[1])

    @once
    def root(self) -> Ints:
        """First event of the path of binding causes."""
        return pointer_doubling(self.binding).root

    @property
    def fragment(self) -> Ints:
        """Number of the weakly connected component, from 0 in the order of the first events."""
        return self._fragments[0]

    @property
    def fragments(self) -> int:
        """Number of weakly connected components."""
        return self._fragments[1]

    @once
    def _fragments(self) -> tuple[Ints, int]:
        columns, count = self.columns, len(self.columns.time)
        total = count + int(columns.virtual_cause.max(initial=-1)) + 1
        virtual = columns.virtual_cause + count, columns.virtual_effect
        label = components(total, columns.cause, columns.effect, *virtual)[:count]
        return label, number_components(label)

    def in_cycle(self) -> Flags:
        """Mark the events that lie on a cycle."""
        marked = np.zeros(len(self.columns.time), dtype=np.bool_)
        for members in self.cycles:
            marked[members] = True
        return marked


def _removal_rank(columns: StructureInput, edges: Ints) -> Ints:
    """Rank by (hop, cause, effect); hops that are not known come last."""
    cause, effect = columns.cause[edges], columns.effect[edges]
    hop, known = hops(columns.time, cause, effect)
    causes, effects = (text_rank(columns.attributes.some("key", end)) for end in (cause, effect))
    rank = np.empty(len(edges), dtype=np.int64)
    rank[np.lexsort((effects, causes, hop, ~known))] = np.arange(len(edges))
    return rank


def primary_causes(count: int, cause: Ints, effect: Ints, *, type_rank: Ints, source_rank: Ints) -> Ints:
    """Return the least cause of each event by (type, source, t, id), -1 without one."""
    primary = np.full(count, -1, dtype=np.int32)
    primary[effect] = cause
    joins = np.bincount(effect, minlength=count)[effect] > 1
    cause, effect = cause[joins], effect[joins]
    # Of repeated indices numpy keeps the last assignment: the least cause is written last.
    least_last = np.lexsort((cause, source_rank[cause], type_rank[cause]))[::-1]
    primary[effect[least_last]] = cause[least_last]
    return primary
