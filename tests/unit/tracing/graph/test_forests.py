"""Kinds on the paths of forests, against their definition; roots and depths are tested beside `arrays`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.forests import forest, same_kind_above

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
    for refuse in (
        lambda: same_kind_above(np.array([-1, 2]), zeros[:2], 1),
        lambda: same_kind_above(np.array([-1, 0]), zeros[:2] + 2, 2),
        lambda: forest(np.array([2, 2])),
    ):
        with pytest.raises(IndexError, match="among 2"):
            refuse()
    with pytest.raises(ValueError, match="do not fit"):
        same_kind_above(zeros[:1], zeros[:2], 1)
