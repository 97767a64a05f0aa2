"""Relates sets of events by nested sets: numbers given depth-first over the primary forest, then only compared.

Exact when every event has at most one cause. It answers as tracing back-ends do, which know one parent for each span;
`workbench.tracing.query.relations` is right for every graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.tracing.graph.arrays import Groups, pointer_doubling
from workbench.tracing.graph.graph import ORPHAN

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

Orphans: TypeAlias = Literal["include", "exclude"]


@dataclass(frozen=True, eq=False)
class NestedSets:
    """The numbers of all events: ``left`` on entry, ``right`` on exit, ``parent`` is the left of the cause."""

    left: Ints
    right: Ints
    parent: Ints
    """-1 for roots; all three are 0 in fragments that are left out."""

    @classmethod
    def of(cls, graph: CausalGraph, orphans: Orphans = "include") -> NestedSets:
        """Number the events of a graph; causes outside the snapshot that several events name come after all roots."""
        parent = _parents(graph)
        size = _subtree_sizes(parent)
        left = np.zeros(len(parent), dtype=np.int64)
        for nodes in _levels(parent):
            left[nodes] = _entries(nodes, parent, size, left)
        right = left + 2 * size - 1
        above = np.where(parent >= 0, left[parent], -1)
        if orphans == "exclude":
            count = len(graph)
            root = pointer_doubling(parent).root
            out = (root < count) & (graph.root_kind[np.minimum(root, max(count - 1, 0))] == ORPHAN)
            left, right, above = (np.where(out, 0, column) for column in (left, right, above))
        return cls(*(column[: len(graph)] for column in (left, right, above)))

    def related(self, left: Flags, right: Flags, operator: str) -> Flags:
        """Mark the events of ``right`` that stand in the relation to some event of ``left``."""
        tests = {
            ">>": self._inside,
            "<<": self._around,
            ">": self._children,
            "<": self._parents_of,
            "~": self._siblings,
        }
        found = np.zeros(len(self.left), dtype=np.bool_)
        places = np.flatnonzero(right & (self.left > 0))
        found[places] = tests[operator](np.flatnonzero(left & (self.left > 0)), places)
        return found

    def _inside(self, a: Ints, b: Ints) -> Flags:
        """An interval around a point that ends last, among those that begin before, reaches furthest."""
        order = a[np.argsort(self.left[a])]
        furthest = np.maximum.accumulate(np.append(0, self.right[order]))
        before = np.searchsorted(self.left[order], self.left[b], "left")
        inside: Flags = furthest[before] > self.right[b]
        return inside

    def _around(self, a: Ints, b: Ints) -> Flags:
        lefts = np.sort(self.left[a])
        first = np.searchsorted(lefts, self.left[b], "right")
        last = np.searchsorted(lefts, self.right[b], "left")
        around: Flags = last > first
        return around

    def _children(self, a: Ints, b: Ints) -> Flags:
        return np.isin(self.parent[b], self.left[a])

    def _parents_of(self, a: Ints, b: Ints) -> Flags:
        return np.isin(self.left[b], self.parent[a])

    def _siblings(self, a: Ints, b: Ints) -> Flags:
        a, both = a[self.parent[a] > 0], np.isin(b, a)
        parents, count = np.unique(self.parent[a], return_counts=True)
        place = np.searchsorted(parents, self.parent[b])
        same = np.append(parents, -2)[place] == self.parent[b]
        siblings: Flags = same & (np.append(count, 0)[place] - both > 0)
        return siblings


def _parents(graph: CausalGraph) -> Ints:
    """Parent of each event, then of each virtual one (which has none)."""
    values = graph.virtual["value"]
    texts, number = np.unique(values.to_numpy(dtype=object).astype(str), return_inverse=True)
    parent = np.concatenate([graph.structure.primary, np.full(len(texts), -1)])
    effect = graph.virtual["node"].to_numpy(np.int64)
    order = np.argsort(number, kind="stable")[::-1]
    orphaned = order[graph.structure.primary[effect[order]] < 0]
    parent[effect[orphaned]] = len(graph) + number[orphaned]
    return parent


def _levels(parent: Ints) -> list[Ints]:
    """Nodes by their depth, in ascending order each."""
    depth = pointer_doubling(parent).depth
    groups = Groups.of(depth, int(depth.max(initial=-1)) + 1)
    return [groups.members[start:stop] for start, stop in zip(groups.starts[:-1], groups.starts[1:], strict=True)]


def _subtree_sizes(parent: Ints) -> Ints:
    size = np.ones(len(parent), dtype=np.int64)
    for nodes in _levels(parent)[:0:-1]:
        np.add.at(size, parent[nodes], size[nodes])
    return size


def _entries(nodes: Ints, parent: Ints, size: Ints, left: Ints) -> Ints:
    """Number of entry of nodes of one level: after the parent's, and after the siblings before."""
    above = parent[nodes]
    order = np.lexsort((nodes, above))
    ordered, groups = nodes[order], above[order]
    before = np.cumsum(2 * size[ordered]) - 2 * size[ordered]
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = groups[1:] != groups[:-1]
    within = before - before[np.maximum.accumulate(np.where(first, np.arange(len(ordered)), 0))]
    entered = within + 1 + np.where(groups >= 0, left[groups], 0)
    result = np.empty(len(nodes), dtype=np.int64)
    result[order] = entered
    return result
