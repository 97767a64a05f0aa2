"""Positions that occur twice are found in any order of the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small_graphs import ints

from workbench.tracing.graph.positions import repeated_positions

positions = st.lists(st.tuples(st.sampled_from([0, 1, 7]), st.sampled_from([0, 61, -1]), st.integers(-2, 6)))


@given(positions, st.booleans())
def test_repeated_positions_are_those_that_a_set_finds(rows, in_order):
    if in_order:
        rows = sorted(set(rows))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    columns = columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2].copy()
    again = [place for place, row in enumerate(rows) if row in rows[:place]]
    assert repeated_positions(*columns) == (len(again), again[0] if again else -1)


def test_many_positions_in_no_order_are_told_apart():
    random = np.random.default_rng(1)
    offset = random.permutation(50_000)
    ones, none = np.ones(len(offset), dtype=np.int32), np.zeros(0, dtype=np.int32)
    assert repeated_positions(ones, ones, offset) == (0, -1)
    assert repeated_positions(ones, ones, np.append(offset[1:], offset[7])) == (1, len(offset) - 1)
    assert repeated_positions(none, none, ints([])) == (0, -1)
