"""Pointer doubling, peeling, cycles and components against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tracing.graph import arrays
from workbench.tracing.graph.arrays import Groups, components, longest_paths, pointer_doubling, reach
from workbench.tracing.graph.cycles import find_cycles, strongly_connected


def ints(values):
    return np.array(values, dtype=np.int64)


def test_pointer_doubling_of_the_reference():
    forest = pointer_doubling(ints([-1, 0, 1, 2, 5, 4, 4, 6, -1, 8]))
    roots = [None if cyclic else root for root, cyclic in zip(forest.root.tolist(), forest.cyclic, strict=True)]
    depths = [0 if cyclic else depth for depth, cyclic in zip(forest.depth.tolist(), forest.cyclic, strict=True)]
    assert [roots, depths, np.flatnonzero(forest.cyclic).tolist(), forest.members.tolist()] == [
        [0, 0, 0, 0, None, None, None, None, 8, 8],
        [0, 1, 2, 3, 0, 0, 0, 0, 0, 1],
        [4, 5, 6, 7],
        [4, 5],
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000, 1025])
def test_pointer_doubling_reaches_the_end_of_a_chain_of_any_length(count):
    forest = pointer_doubling(np.arange(count) - 1)
    assert forest.root.tolist() == [0] * count
    assert forest.depth.tolist() == list(range(count))
    assert not forest.cyclic.any()


def test_a_cycle_of_any_length_is_found_whole():
    for length in (1, 2, 3, 4, 7, 8, 64, 100):
        parent = np.append(np.roll(np.arange(length), 1), 0)
        forest = pointer_doubling(parent)
        assert forest.cyclic.all()
        assert forest.members.tolist() == list(range(length))


graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1]), unique=True),
    ),
)


def naive_reach(edges, start):
    seen, stack = set(), [start]
    while stack:
        node = stack.pop()
        for c, e in edges:
            if c == node and e not in seen:
                seen.add(e)
                stack.append(e)
    return seen


def naive_longest(n, edges):
    on_cycle = {v for v in range(n) if v in naive_reach(edges, v)}
    blocked = on_cycle | {e for v in on_cycle for e in naive_reach(edges, v)}
    depth = {}

    def of(v: int) -> int:
        if v not in depth:
            depth[v] = max((of(c) + 1 for c, e in edges if e == v), default=0)
        return depth[v]

    return [-1 if v in blocked else of(v) for v in range(n)]


def columns(edges):
    return ints([c for c, _ in edges]), ints([e for _, e in edges])


@given(graphs)
@settings(max_examples=200, deadline=None)
def test_longest_paths_are_those_of_the_definition(graph):
    n, edges = graph
    assert longest_paths(n, *columns(edges)).tolist() == naive_longest(n, edges)


@given(graphs)
@settings(max_examples=100, deadline=None)
def test_peeling_one_by_one_gives_the_same(graph):
    n, edges = graph
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_ROUNDS_BEFORE_QUEUE", 1)
        assert longest_paths(n, *columns(edges)).tolist() == naive_longest(n, edges)


@given(graphs, st.integers(0, 11), st.sampled_from([0, 64]))
@settings(max_examples=100, deadline=None)
def test_reach_is_that_of_the_definition(graph, start, small):
    n, edges = graph
    start %= n
    causes, effects = columns(edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_SMALL_FRONTIER", small)
        marked = reach(Groups.of(causes, n, effects), ints([start]), n)
    assert set(np.flatnonzero(marked).tolist()) == naive_reach(edges, start)


@given(graphs)
@settings(max_examples=100, deadline=None)
def test_components_carry_the_least_node(graph):
    n, edges = graph
    both = edges + [(e, c) for c, e in edges]
    expected = [min(naive_reach(both, v) | {v}) for v in range(n)]
    assert components(n, *columns(edges)).tolist() == expected


def naive_breaks(n, edges):
    """Remove the first edge of each component until no component is left; edges come in removal order."""
    left, removed = list(edges), []
    while True:
        label = strongly_connected(n, [c for c, _ in left], [e for _, e in left])
        inside = [edge for edge in left if label[edge[0]] == label[edge[1]]]
        if not inside:
            return removed
        first = {label[c]: (c, e) for c, e in reversed(inside)}
        removed += first.values()
        left = [edge for edge in left if edge not in removed]


@given(graphs)
@settings(max_examples=300, deadline=None)
def test_cycles_and_breaks_are_those_of_the_definition(graph):
    n, edges = graph
    causes, effects = columns(edges)
    cycles = find_cycles(causes, effects, longest_paths(n, causes, effects), lambda picked: picked)
    found = {tuple(m.tolist()) for m in cycles.members}
    reaches = [naive_reach(edges, v) for v in range(n)]
    expected = {
        tuple(sorted(w for w in range(n) if w in reaches[v] and v in reaches[w])) for v in range(n) if v in reaches[v]
    }
    assert found == expected
    assert {edges[i] for i in np.flatnonzero(cycles.breaks)} == set(naive_breaks(n, edges))


def test_one_huge_cycle_and_a_dense_component_are_opened_in_bounded_time():
    n = 30_000
    causes, effects = np.arange(n), np.roll(np.arange(n), -1)
    cycles = find_cycles(causes, effects, longest_paths(n, causes, effects), lambda picked: picked)
    assert len(cycles.members) == 1
    assert len(cycles.members[0]) == n
    assert np.flatnonzero(cycles.breaks).tolist() == [0]
    m = 150
    causes, effects = (side.ravel() for side in np.nonzero(~np.eye(m, dtype=bool)))
    cycles = find_cycles(causes, effects, longest_paths(m, causes, effects), lambda picked: picked)
    assert (longest_paths(m, causes[~cycles.breaks], effects[~cycles.breaks]) >= 0).all()


def test_deep_graphs_are_measured_to_the_end():
    n = 200_000
    assert longest_paths(n, np.arange(n - 1), np.arange(1, n))[-1] == n - 1
    ladder_causes = np.concatenate([np.arange(n - 1), np.arange(n - 2)])
    ladder_effects = np.concatenate([np.arange(1, n), np.arange(2, n)])
    assert longest_paths(n, ladder_causes, ladder_effects)[-1] == n - 1


def test_groups_expand_in_order():
    groups = Groups.of(ints([2, 0, 2, 1]), 4)
    owner, members = groups.expand(ints([2, 3, 0]))
    assert owner.tolist() == [0, 0, 2]
    assert members.tolist() == [0, 2, 1]
