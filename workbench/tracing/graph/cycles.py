"""Finds cycles as strongly connected components, and the shortest hops whose removal opens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import Flags, Groups, Ints
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.walks import strongly_connected

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles of a graph and the edges whose removal leaves none."""

    members: tuple[Ints, ...]
    """Nodes of each component of more than one node, ascending; components by their first node."""
    breaks: Flags
    """One flag for each edge."""


def find_cycles(cause: Ints, effect: Ints, depth: Ints, rank: Callable[[Ints], Ints]) -> Cycles:
    """Find the components and the layout breaks.

    Args:
        cause: Cause of each edge.
        effect: Effect of each edge.
        depth: `longest_paths` of the graph; -1 marks the residue that is looked at here.
        rank: Gives the order in which edges of one component are removed; asked for edges of components only.
    """
    breaks = np.zeros(len(cause), dtype=np.bool_)
    edges = _core_edges(cause, effect, depth)
    if not len(edges):
        return Cycles((), breaks)
    nodes, compact = np.unique(np.concatenate([cause[edges], effect[edges]]), return_inverse=True)
    tails, heads = compact[: len(edges)], compact[len(edges) :]
    labels = strongly_connected(len(nodes), tails, heads)
    by_label = Groups.of(labels, len(nodes), nodes)
    large = np.flatnonzero(by_label.sizes())
    members = sorted((by_label.members[by_label.starts[n] : by_label.starts[n + 1]] for n in large), key=_first)
    component = labels[tails]
    last_first = np.argsort(rank(edges))[::-1]
    # A plain ring (as many edges as nodes) loses its least edge, however long it is.
    ring = (np.bincount(component, minlength=len(nodes)) == np.bincount(labels, minlength=len(nodes)))[component]
    least = np.full(len(nodes), -1, dtype=np.int64)
    rings, tangled = last_first[ring[last_first]], last_first[~ring[last_first]]
    least[component[rings]] = rings
    breaks[edges[least[least >= 0]]] = True
    closing = _closing_edges(tails[tangled].tolist(), heads[tangled].tolist())
    breaks[edges[tangled[closing]]] = True
    return Cycles(tuple(members), breaks)


def _first(members: Ints) -> int:
    return int(members[0])


def _core_edges(cause: Ints, effect: Ints, depth: Ints) -> Ints:
    """Edges inside components of more than one node; only what is in or under a cycle is looked at."""
    residue = depth < 0
    if not residue.any():
        return np.zeros(0, dtype=np.int64)
    edges = np.flatnonzero(taken(residue, cause) & taken(residue, effect))
    nodes = np.flatnonzero(residue)
    number = np.empty(len(depth), dtype=np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    tails, heads = (taken(number, taken(side, edges)) for side in (cause, effect))
    label = strongly_connected(len(nodes), tails, heads)
    found: Ints = edges[taken(label, tails) == taken(label, heads)]
    return found


def _closing_edges(tails: list[int], heads: list[int]) -> list[int]:
    """Indices of the edges that close a cycle with edges before them.

    Removing the least edge of each component, again and again, removes exactly the edges that lie in a component made
    of themselves and the edges after them. Read backwards, that is: which edge, on being added, joins its own ends.
    Found by halving the time, as in offline incremental strong connectivity; O(E log E).
    """
    closing: list[int] = []
    work = [(0, len(tails) - 1, list(zip(range(len(tails)), tails, heads, strict=True)))]
    while work:
        first, last, edges = work.pop()
        if first == last or not edges:
            closing.extend(edge for edge, _, _ in edges if edge == first)
            continue
        middle = (first + last) // 2
        merged = _representatives([(tail, head) for edge, tail, head in edges if edge <= middle])
        early, late = [], []
        for edge, tail, head in edges:
            ends = merged.get(tail, tail), merged.get(head, head)
            if ends[0] != ends[1]:
                late.append((edge, *ends))
            elif edge <= middle:
                early.append((edge, tail, head))
            else:
                closing.append(edge)
        work.append((first, middle, early))
        work.append((middle + 1, last, late))
    return sorted(closing)


def _representatives(edges: list[tuple[int, int]]) -> dict[int, int]:
    names = list({end for edge in edges for end in edge})
    index = {name: i for i, name in enumerate(names)}
    ends = np.array([(index[tail], index[head]) for tail, head in edges], dtype=np.int64).reshape(-1, 2)
    label = strongly_connected(len(names), ends[:, 0].copy(), ends[:, 1].copy()).tolist()
    return {name: names[label[i]] for name, i in index.items()}
