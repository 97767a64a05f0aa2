"""Algorithms on forests and graphs as integer arrays: pointer doubling, peeling, components, reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ints: TypeAlias = "NDArray[np.int64]"
Flags: TypeAlias = "NDArray[np.bool_]"

_ROUNDS_BEFORE_QUEUE = 1_000
"""A round costs the same for one node as for a thousand; deeper than this a plain queue is faster."""

_SMALL_FRONTIER = 64


@dataclass(frozen=True, slots=True)
class Groups:
    """Members of each group in one array, with the index where each group starts (as in a CSR matrix)."""

    starts: Ints
    """One more than there are groups."""
    members: Ints

    @classmethod
    def of(cls, group: Ints, count: int, members: Ints | None = None) -> Groups:
        """Group members (default: their indices) by ``group``; order inside a group is kept."""
        order = np.argsort(group, kind="stable")
        starts = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(group, minlength=count), out=starts[1:])
        return cls(starts, order if members is None else members[order])

    def sizes(self) -> Ints:
        return np.diff(self.starts)

    def expand(self, picked: Ints) -> tuple[Ints, Ints]:
        """List the members of the picked groups.

        Returns:
            For each member: index into ``picked``, and the member.
        """
        sizes = self.starts[picked + 1] - self.starts[picked]
        owner = np.repeat(np.arange(len(picked)), sizes)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return owner, self.members[self.starts[picked][owner] + within]


@dataclass(frozen=True, slots=True)
class Forest:
    """Root and depth of each node of a forest that is given as an array of parents."""

    root: Ints
    """-1 in or under a cycle."""
    depth: Ints
    """Meaningless in or under a cycle."""
    cyclic: Flags
    """In or under a cycle."""
    members: Ints
    """Nodes that lie on a cycle."""


def pointer_doubling(parent: Ints) -> Forest:
    """Find root and depth of each node, and the cycles, in ``ceil(log2 N)`` rounds.

    Args:
        parent: Index of each node's parent, -1 for roots.
    """
    own = np.arange(len(parent))
    ancestor = np.where(parent < 0, own, parent)
    depth = (parent >= 0).astype(np.int64)
    for _ in range(max(len(parent) - 1, 0).bit_length()):
        following = ancestor[ancestor]
        depth = depth + depth[ancestor]
        if np.array_equal(following, ancestor):
            break
        ancestor = following
    cyclic = parent[ancestor] >= 0 if len(parent) else np.zeros(0, dtype=np.bool_)
    return Forest(np.where(cyclic, -1, ancestor), depth, cyclic, np.unique(ancestor[cyclic]))


def longest_paths(count: int, cause: Ints, effect: Ints) -> Ints:
    """Measure the longest path in edges to each node from one without causes; -1 in or under a cycle.

    Stretches of nodes with one cause are contracted by pointer doubling; what remains is peeled from in-degree 0.
    """
    waiting = np.bincount(effect, minlength=count)
    single = waiting[effect] == 1
    parent = np.full(count, -1, dtype=np.int64)
    parent[effect[single]] = cause[single]
    stretch = pointer_doubling(parent)
    joins = ~single
    heads = np.where(stretch.cyclic, count, stretch.root)
    into = _peel(
        np.append(np.where(parent >= 0, 0, waiting), 1),
        heads[cause[joins]],
        effect[joins],
        stretch.depth[cause[joins]] + 1,
    )
    at_head = into[heads]
    return np.where(at_head < 0, -1, at_head + stretch.depth)


def _peel(waiting: Ints, cause: Ints, effect: Ints, weight: Ints) -> Ints:
    """Find the heaviest path to each node, -1 in or under a cycle; ``waiting`` counts the causes not yet peeled."""
    out = Groups.of(cause, len(waiting))
    level = np.zeros(len(waiting), dtype=np.int64)
    frontier = np.flatnonzero((waiting == 0) & (out.sizes() > 0))
    waiting = waiting.copy()
    for _ in range(_ROUNDS_BEFORE_QUEUE):
        if not len(frontier):
            break
        owner, edges = out.expand(frontier)
        reached = effect[edges]
        np.maximum.at(level, reached, level[frontier[owner]] + weight[edges])
        np.subtract.at(waiting, reached, 1)
        frontier = np.unique(reached[waiting[reached] == 0])
    else:
        return _peel_one_by_one(waiting, level, frontier, out, (effect, weight))
    return np.where(waiting > 0, -1, level)


def _peel_one_by_one(waiting: Ints, level: Ints, frontier: Ints, out: Groups, edges: tuple[Ints, Ints]) -> Ints:
    effects, weights = (column[out.members].tolist() for column in edges)
    starts, levels, left = out.starts.tolist(), level.tolist(), waiting.tolist()
    queue = frontier.tolist()
    while queue:
        node = queue.pop()
        for edge in range(starts[node], starts[node + 1]):
            effect = effects[edge]
            levels[effect] = max(levels[effect], levels[node] + weights[edge])
            left[effect] -= 1
            if not left[effect]:
                queue.append(effect)
    return np.where(np.array(left) > 0, -1, np.array(levels))


def components(count: int, first: Ints, second: Ints) -> Ints:
    """Label each node with the least node of its weakly connected component."""
    label = np.arange(count)
    while True:
        one, other = label[first], label[second]
        apart = one != other
        if not apart.any():
            return label
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(label, following := label[label]):
            label = following


def reach(edges: Groups, starts: Ints, count: int) -> Flags:
    """Mark the nodes that edges lead to from the starts; a start is marked only if an edge leads back to it."""
    seen = np.zeros(count, dtype=np.bool_)
    frontier = np.unique(starts)
    while len(frontier) > _SMALL_FRONTIER:
        frontier = _unseen(edges.expand(frontier)[1], seen)
    stack = frontier.tolist()
    while stack:
        node = stack.pop()
        found = _unseen(edges.members[edges.starts[node] : edges.starts[node + 1]], seen)
        if len(found):
            stack.extend(found.tolist())
    return seen


def _unseen(nodes: Ints, seen: Flags) -> Ints:
    new = nodes[~seen[nodes]]
    if len(new) > 1:
        new = np.unique(new)
    seen[new] = True
    return new
