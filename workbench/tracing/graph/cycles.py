"""Finds cycles as strongly connected components, and the shortest hops whose removal opens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import Flags, Ints, longest_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


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
    label = strongly_connected(len(nodes), tails.tolist(), heads.tolist())
    by_label: dict[int, list[int]] = {}
    for node, name in zip(nodes.tolist(), label, strict=True):
        by_label.setdefault(name, []).append(node)
    members = sorted((m for m in by_label.values() if len(m) > 1), key=lambda m: m[0])
    labels = np.array(label)
    inside = labels[tails] == labels[heads]
    within, component = edges[inside], labels[tails[inside]]
    last_first = np.argsort(rank(within))[::-1]
    # A plain ring (as many edges as nodes) loses its least edge, however long it is.
    ring = (np.bincount(component, minlength=len(nodes)) == np.bincount(labels, minlength=len(nodes)))[component]
    least = np.full(len(nodes), -1, dtype=np.int64)
    rings, tangled = last_first[ring[last_first]], last_first[~ring[last_first]]
    least[component[rings]] = rings
    breaks[within[least[least >= 0]]] = True
    closing = _closing_edges(tails[inside][tangled].tolist(), heads[inside][tangled].tolist())
    breaks[within[tangled[closing]]] = True
    return Cycles(tuple(np.array(m, dtype=np.int64) for m in members), breaks)


def _core_edges(cause: Ints, effect: Ints, depth: Ints) -> Ints:
    """Edges that remain after peeling from both sides: those on cycles, and those between cycles."""
    edges = np.flatnonzero((depth[cause] < 0) & (depth[effect] < 0))
    if not len(edges):
        return edges
    nodes, compact = np.unique(np.concatenate([cause[edges], effect[edges]]), return_inverse=True)
    tails, heads = compact[: len(edges)], compact[len(edges) :]
    stuck = longest_paths(len(nodes), heads, tails) < 0
    return edges[stuck[tails] & stuck[heads]]


def strongly_connected(count: int, tails: Sequence[int], heads: Sequence[int]) -> list[int]:
    """Label each node with its component, by the name of a member (Tarjan 1972, with an explicit stack)."""
    following: list[list[int]] = [[] for _ in range(count)]
    for tail, head in zip(tails, heads, strict=True):
        following[tail].append(head)
    label, low, number = [-1] * count, [0] * count, [0] * count
    clock = 0
    open_nodes: list[int] = []
    for start in range(count):
        if number[start]:
            continue
        path = [(start, iter(following[start]))]
        clock += 1
        number[start] = low[start] = clock
        open_nodes.append(start)
        while path:
            node, rest = path[-1]
            for head in rest:
                if not number[head]:
                    clock += 1
                    number[head] = low[head] = clock
                    open_nodes.append(head)
                    path.append((head, iter(following[head])))
                    break
                if label[head] < 0:
                    low[node] = min(low[node], number[head])
            else:
                _leave(path, low, number, (open_nodes, label))
    return label


def _leave(
    path: list[tuple[int, Iterator[int]]], low: list[int], number: list[int], state: tuple[list[int], list[int]]
) -> None:
    open_nodes, label = state
    node = path.pop()[0]
    if path:
        above = path[-1][0]
        low[above] = min(low[above], low[node])
    if low[node] == number[node]:
        member = -1
        while member != node:
            member = open_nodes.pop()
            label[member] = node


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
    label = strongly_connected(len(names), [index[tail] for tail, _ in edges], [index[head] for _, head in edges])
    return {name: names[label[i]] for name, i in index.items()}
