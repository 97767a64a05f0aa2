"""Records in the order of time, each function against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_graphs import arrays_of

from workbench.tracing.graph.time_order import behind, order_ties


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), unique=True), st.data(), st.integers(0, 5))
def test_records_behind_others_of_their_lane_are_marked(records, data, step):
    time = sorted(data.draw(st.lists(st.integers(0, 20), min_size=len(records), max_size=len(records))))
    lane, offset = arrays_of(records, 2)
    marked = behind(lane, offset, np.array(time, dtype=np.int64), 3, step)
    assert marked.tolist() == [
        any(lane[o] == lane[r] and offset[o] < offset[r] and time[o] - time[r] > step for o in range(len(time)))
        for r in range(len(time))
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), *[st.integers(0, 2)] * 3), max_size=30))
def test_ties_are_ordered_by_further_keys_and_long_ones_are_named(rows):
    group, time, *keys = arrays_of(rows, 5)
    before = np.lexsort((time, group)).astype(np.int32)
    for longest in (64, 2):
        node = before.copy()
        left = order_ties(node, group, time, tuple(keys), longest)
        for begin, end in left:
            assert end - begin > longest
            assert node[begin:end].tolist() == before[begin:end].tolist()
            node[begin:end] = sorted(node[begin:end].tolist(), key=lambda one: [key[one] for key in keys])
        assert [rows[one] for one in node] == sorted(rows)


def test_records_that_do_not_fit_are_refused():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    node = np.zeros(1, dtype=np.int32)
    for outside in (lambda: behind(one + 7, one, one, 1, 0), lambda: order_ties(node + 3, one, one, (one, one, one))):
        with pytest.raises(IndexError):
            outside()
    for misfit in (lambda: behind(one, two, one, 1, 0), lambda: order_ties(node, one, one, (one, two, one))):
        with pytest.raises(ValueError, match="fit"):
            misfit()
