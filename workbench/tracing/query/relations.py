"""Relates sets of events through the edges of a graph: the recursive evaluation, which is right for every graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import Groups, longest_paths, reach
from workbench.tracing.graph.cycles import find_cycles
from workbench.tracing.graph.edges import COPY, HINT
from workbench.tracing.query.links import other_links

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

INVERSE = {">>": "<<", "<<": ">>", ">": "<", "<": ">", "~": "~"}


@dataclass(frozen=True, eq=False)
class Relations:
    """Tells which events of a set stand in a relation to an event of another. No event is its own relative."""

    graph: CausalGraph
    links: bool = False
    """Follow copy and hint edges as well, and the links of `workbench.tracing.query.links`."""

    def related(self, left: Flags, right: Flags, operator: str) -> Flags:
        """Mark the events of ``right`` that stand in the relation to some event of ``left``."""
        if operator in (">>", "<<"):
            return right & self._descendants(left, backwards=operator == "<<")
        if operator == "~":
            return right & self._siblings(left)
        near, far = self._ends(backwards=operator == "<")
        found = np.zeros(len(self.graph), dtype=np.bool_)
        found[far[left[near]]] = True
        return right & found

    def _ends(self, *, backwards: bool) -> tuple[Ints, Ints]:
        return (self._effect, self._cause) if backwards else (self._cause, self._effect)

    @cached_property
    def _edges(self) -> tuple[Ints, Ints]:
        edges = self.graph.edges
        if not self.links:
            return self.graph.used_edges.cause, self.graph.used_edges.effect
        chosen = edges.used() | (edges.kind == COPY) | (edges.kind == HINT)
        more = other_links(self.graph)
        return np.concatenate([edges.cause[chosen], more[0]]), np.concatenate([edges.effect[chosen], more[1]])

    @property
    def _cause(self) -> Ints:
        return self._edges[0]

    @property
    def _effect(self) -> Ints:
        return self._edges[1]

    @cached_property
    def _forwards(self) -> Groups:
        return Groups.of(self._cause, len(self.graph), self._effect)

    @cached_property
    def _backwards(self) -> Groups:
        return Groups.of(self._effect, len(self.graph), self._cause)

    def _descendants(self, starts: Flags, *, backwards: bool) -> Flags:
        near, far = self._ends(backwards=backwards)
        found = reach(self._backwards if backwards else self._forwards, np.flatnonzero(starts), len(self.graph))
        cycle = self._cycle_of
        on_cycle = np.flatnonzero(starts & (cycle >= 0))
        if len(on_cycle):
            # The only start on a cycle leads back to itself, which makes it no relative: others have to lead there.
            count = np.bincount(cycle[on_cycle])
            entered = np.zeros(len(count), dtype=np.bool_)
            into = cycle[far][(starts | found)[near] & (cycle[near] != cycle[far])]
            entered[into[(into >= 0) & (into < len(count))]] = True
            alone = (count[cycle[on_cycle]] == 1) & ~entered[cycle[on_cycle]]
            found[on_cycle[alone]] = False
        return found

    @cached_property
    def _cycle_of(self) -> Ints:
        """Number of the cycle that each event lies on, -1 for none."""
        cycles: tuple[Ints, ...] = self.graph.structure.cycles
        if self.links:
            depth = longest_paths(len(self.graph), self._cause, self._effect)
            cycles = find_cycles(self._cause, self._effect, depth, lambda edges: np.arange(len(edges))).members
        number = np.full(len(self.graph), -1, dtype=np.int64)
        for place, members in enumerate(cycles):
            number[members] = place
        return number

    def _siblings(self, left: Flags) -> Flags:
        virtual = self.graph.facts.virtual
        cause = np.concatenate([self._cause, virtual.codes_of("value") + len(self.graph)])
        effect = np.concatenate([self._effect, virtual.node])
        count = np.bincount(cause[left[effect]], minlength=int(cause.max(initial=0)) + 1)
        others = count[cause] - left[effect]
        found = np.zeros(len(self.graph), dtype=np.bool_)
        found[effect[others > 0]] = True
        return found
