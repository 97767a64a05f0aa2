"""Values by groups, each function against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_graphs import arrays_of

from workbench.tracing.graph.grouped_values import grouped_values, middle_distances


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50))), st.integers(-99, 99))
def test_values_of_a_place_and_the_median_of_their_distances(rows, twice):
    place, value = arrays_of(rows, 2)
    starts, together = grouped_values(place, value, 4)
    of = [[v for p, v in rows if p == at] for at in range(4)]
    assert [together[starts[at] : starts[at + 1]].tolist() for at in range(4)] == of
    together = np.array([v for own in of for v in sorted(own)], dtype=np.int64)
    expected = [np.median(np.abs(np.array(own) - twice / 2)) if own else np.nan for own in of]
    found = middle_distances(starts, together, np.full(4, twice, dtype=np.int64))
    np.testing.assert_allclose(found, expected)


def test_groups_that_do_not_fit_are_refused():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    for outside in (lambda: grouped_values(one + 7, one, 1), lambda: middle_distances(np.array([0, 9]), one, one)):
        with pytest.raises(IndexError):
            outside()
    for misfit in (lambda: grouped_values(one, two, 1), lambda: middle_distances(np.array([0, 1]), one, two)):
        with pytest.raises(ValueError, match="do not fit"):
            misfit()
