"""Different members of places, and nodes of one kind on a path, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.tallies import count_distinct, same_kind_above


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5))))
def test_members_of_a_place_count_once(pairs):
    pairs.sort(key=lambda pair: pair[1])
    place, member = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    expected = [len({m for p, m in pairs if p == at}) for at in range(4)]
    assert count_distinct(place, member, 4).tolist() == expected


forests = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 2)), max_size=25).flatmap(
    lambda drawn: st.tuples(st.just(drawn), st.permutations(range(len(drawn))))
)


@given(forests)
def test_nodes_of_a_kind_are_counted_down_each_path(drawn):
    nodes, name = drawn
    parent, kind = np.full(len(nodes), -1), np.zeros(len(nodes), dtype=np.int64)
    for place, (above, of) in enumerate(nodes):
        kind[name[place]] = of
        if place and above % (place + 1):
            parent[name[place]] = name[above % place]

    def above(node):
        return [] if node < 0 else [kind[node], *above(parent[node])]

    expected = [above(node).count(kind[node]) for node in range(len(nodes))]
    assert same_kind_above(parent, kind, 3).tolist() == expected


def test_a_long_path_is_walked_and_what_does_not_fit_is_refused():
    count = 200_000
    zeros = np.zeros(count, dtype=np.int64)
    assert same_kind_above(np.arange(count) - 1, zeros, 1)[-1] == count
    with pytest.raises(IndexError, match="among 2"):
        same_kind_above(np.array([-1, 2]), zeros[:2], 1)
    with pytest.raises(IndexError, match="among 1"):
        count_distinct(np.array([1]), zeros[:1], 1)
    for misfit in (lambda: same_kind_above(zeros[:1], zeros[:2], 1), lambda: count_distinct(zeros[:1], zeros[:2], 1)):
        with pytest.raises(ValueError, match="do not fit"):
            misfit()
