"""Cycles and the edges that open them, against plain definitions."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from small_graphs import columns, graphs, naive_reach

from workbench.tracing.graph.arrays import longest_paths
from workbench.tracing.graph.cycles import find_cycles
from workbench.tracing.graph.walks import strongly_connected


def naive_breaks(n, edges):
    """Remove the first edge of each component until no component is left; edges come in removal order."""
    left, removed = list(edges), []
    while True:
        label = strongly_connected(n, *columns(left))
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
