"""Algorithms on forests and graphs as integer arrays: groups, forests, components, reach.

The walks themselves are compiled: `workbench.tracing.graph.walks` and `workbench.tracing.graph.forests`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from workbench.tracing.graph import forests, walks
from workbench.tracing.graph.walks import components, longest_paths

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ints: TypeAlias = "NDArray[np.signedinteger[Any]]"
"""Whole numbers: of 32 bits where they number events, edges or texts, else of 64. Widen them before multiplying."""
Flags: TypeAlias = "NDArray[np.bool_]"
Codes: TypeAlias = "NDArray[np.int8]"
"""Indices into a short list of names."""

_LEAST_TABLE = 1 << 14
"""A table of so many entries is cheaper than a sort, however few the numbers are."""

__all__ = [
    "Codes",
    "Flags",
    "Forest",
    "Groups",
    "Ints",
    "components",
    "different",
    "longest_paths",
    "narrowed",
    "numbered",
    "paired",
    "places_of",
    "pointer_doubling",
    "reach",
    "row_numbers",
]


def paired(first: Ints, second: Ints, width: int) -> Ints:
    """Make one number of each pair: its first is the number by the width, its second what is left over.

    Args:
        first: Numbers from 0.
        second: Numbers below the width.
        width: How many second numbers there are.
    """
    pairs: Ints = first.astype(np.int64)
    pairs *= width
    pairs += second
    return pairs


def different(*columns: Ints) -> list[Ints]:
    """Return the different rows of some columns, ascending: by the first column, then by the second, and so on."""
    order = np.lexsort(columns[::-1])
    columns = tuple(column[order] for column in columns)
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return [column[new] for column in columns]


def narrowed(numbers: Ints) -> Ints:
    """Return whole numbers in one byte each, where all fit."""
    least, greatest = int(numbers.min(initial=0)), int(numbers.max(initial=0))
    return numbers.astype(np.int8) if -(1 << 7) <= least <= greatest < 1 << 7 else numbers


def row_numbers(*columns: Ints) -> Ints:
    """Number the rows of some columns from 0 in their order; equal rows have one number."""
    order = np.lexsort(columns[::-1])
    number = np.zeros(len(order), dtype=np.int64)
    changed = [column[order[1:]] != column[order[:-1]] for column in columns]
    number[order[1:]] = np.cumsum(np.logical_or.reduce(changed))
    return number


def numbered(codes: Ints, bound: int) -> tuple[Ints, Ints]:
    """Number codes anew from 0 in their order.

    Args:
        codes: Numbers from 0.
        bound: What all codes are below.

    Returns:
        The different codes, and the new number of each of those given.
    """
    if bound > max(_LEAST_TABLE, len(codes)):
        found, number = np.unique(codes, return_inverse=True)
        return found, number.reshape(-1)
    seen = np.zeros(bound, dtype=np.bool_)
    seen[codes] = True
    found, table = np.flatnonzero(seen), np.empty(bound, dtype=np.int32)
    table[found] = np.arange(len(found), dtype=np.int32)
    return found, table[codes]


def places_of(starts: Ints, picked: Ints) -> tuple[Ints, Ints]:
    """List the places of the members of some groups.

    Args:
        starts: Where the members of each group start, one more than there are groups.
        picked: Numbers of groups.

    Returns:
        For each member: index into ``picked``, and its place.
    """
    sizes = starts[picked + 1] - starts[picked]
    owner = np.repeat(np.arange(len(picked)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, starts[picked][owner] + within


@dataclass(frozen=True, slots=True)
class Groups:
    """Members of each group in one array, with the index where each group starts (as in a CSR matrix)."""

    starts: Ints
    """One more than there are groups."""
    members: Ints

    @classmethod
    def of(cls, group: Ints, count: int, members: Ints | None = None) -> Groups:
        """Group members (default: their indices) by ``group``; order inside a group is kept."""
        starts, order = walks.grouped(group, count)
        return cls(starts, order if members is None else members[order])

    def sizes(self) -> Ints:
        return np.diff(self.starts)

    def expand(self, picked: Ints) -> tuple[Ints, Ints]:
        """List the members of the picked groups.

        Returns:
            For each member: index into ``picked``, and the member.
        """
        owner, place = places_of(self.starts, picked)
        return owner, self.members[place]


@dataclass(frozen=True, slots=True)
class Forest:
    """Root and depth of each node of a forest that is given as an array of parents."""

    root: Ints
    """-1 in or under a cycle."""
    depth: Ints
    """Meaningless in or under a cycle."""
    members: Ints
    """Nodes that lie on a cycle."""

    @property
    def cyclic(self) -> Flags:
        """Mark the nodes in or under a cycle."""
        marked: Flags = self.root < 0
        return marked


def pointer_doubling(parent: Ints) -> Forest:
    """Find root and depth of each node, and the cycles.

    Args:
        parent: Index of each node's parent, -1 for roots.
    """
    root, depth, on_cycle = forests.forest(parent)
    return Forest(root, depth, np.flatnonzero(on_cycle))


def reach(edges: Groups, starts: Ints, count: int) -> Flags:
    """Mark the nodes that edges lead to from the starts; a start is marked only if an edge leads back to it.

    Args:
        edges: What the edges of each node lead to.
        starts: Where to begin.
        count: Number of nodes.
    """
    if count != len(edges.starts) - 1:
        raise ValueError(f"edges of {len(edges.starts) - 1} nodes are not those of {count}")
    return walks.reach(edges.starts, edges.members, starts)
