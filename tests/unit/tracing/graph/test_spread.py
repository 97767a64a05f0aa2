"""Quantiles and distances of groups, however they are sorted, against numpy."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.spread import grouped_quantiles, spread_of

VALUES = st.sampled_from([st.integers(0, 5), st.integers(-(10**12), 10**12)]).flatmap(
    lambda values: st.lists(st.tuples(st.integers(0, 2), values), max_size=120)
)


@given(VALUES, st.sampled_from([3, 40]))
def test_the_spread_of_groups_is_that_of_numpy(rows, count):
    place, value = (np.array([row[side] for row in rows], dtype=np.int64) for side in (0, 1))
    found = spread_of(place, value, count)
    for group in range(count):
        own = value[place == group]
        assert found.n[group] == len(own)
        if not len(own):
            assert np.isnan([found.median[group], found.p95[group], found.p99[group], found.mad[group]]).all()
            assert found.largest[group] == 0
            continue
        quantiles = np.quantile(own, [0.5, 0.95, 0.99])
        np.testing.assert_allclose([found.median[group], found.p95[group], found.p99[group]], quantiles)
        np.testing.assert_allclose(found.mad[group], np.median(np.abs(own - quantiles[0])), atol=1e-3)
        assert found.largest[group] == own.max()
    for one, other in zip(grouped_quantiles(place, value, count), (found.median, found.p95, found.p99), strict=True):
        np.testing.assert_array_equal(one, other)
