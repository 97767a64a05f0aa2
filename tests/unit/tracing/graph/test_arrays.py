"""Pointer doubling, peeling, components and reach against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import arrays_of, columns, graphs, ints, naive_reach

from workbench.tracing.graph.arrays import (
    Groups,
    components,
    different,
    longest_paths,
    narrowed,
    numbered,
    paired,
    pointer_doubling,
    reach,
    row_numbers,
)


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


def naive_longest(n, edges):
    on_cycle = {v for v in range(n) if v in naive_reach(edges, v)}
    blocked = on_cycle | {e for v in on_cycle for e in naive_reach(edges, v)}
    depth = {}

    def of(v: int) -> int:
        if v not in depth:
            depth[v] = max((of(c) + 1 for c, e in edges if e == v), default=0)
        return depth[v]

    return [-1 if v in blocked else of(v) for v in range(n)]


@given(graphs)
@settings(max_examples=200, deadline=None)
def test_longest_paths_are_those_of_the_definition(graph):
    n, edges = graph
    assert longest_paths(n, *columns(edges)).tolist() == naive_longest(n, edges)


@given(graphs, st.integers(0, 11))
@settings(max_examples=100, deadline=None)
def test_reach_is_that_of_the_definition(graph, start):
    n, edges = graph
    start %= n
    causes, effects = columns(edges)
    marked = reach(Groups.of(causes, n, effects), ints([start]), n)
    assert set(np.flatnonzero(marked).tolist()) == naive_reach(edges, start)


@given(graphs)
@settings(max_examples=100, deadline=None)
def test_components_carry_the_least_node(graph):
    n, edges = graph
    both = edges + [(e, c) for c, e in edges]
    expected = [min(naive_reach(both, v) | {v}) for v in range(n)]
    assert components(n, *columns(edges)).tolist() == expected


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


@pytest.mark.parametrize("bound", [50, 2**40])
def test_codes_are_numbered_in_their_order_by_a_table_or_a_sort(bound):
    found, number = numbered(ints([7, 3, 49, 3]), bound)
    assert (found.tolist(), number.tolist()) == ([3, 7, 49], [1, 0, 2, 0])
    assert [len(part) for part in numbered(ints([]), 0)] == [0, 0]


def test_pairs_of_short_numbers_do_not_overflow():
    many = np.array([2**31 - 1], dtype=np.int32)
    assert paired(many, many, 2**31).tolist() == [(2**31 - 1) * 2**31 + 2**31 - 1]


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2))))
def test_rows_of_columns_are_told_apart_and_numbered_in_their_order(rows):
    given_columns = arrays_of(rows, 2)
    known = sorted(set(rows))
    assert [side.tolist() for side in different(*given_columns)] == [[row[side] for row in known] for side in (0, 1)]
    assert [known[number] for number in row_numbers(*given_columns).tolist()] == rows


def test_numbers_are_narrowed_where_all_fit_a_byte():
    assert narrowed(np.array([-128, 127])).dtype == np.int8
    assert narrowed(np.array([], dtype=np.int32)).dtype == np.int8
    for wide in ([128], [-129]):
        assert narrowed(np.array(wide)).tolist() == wide
