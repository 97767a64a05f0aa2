"""Hops: differences of times that may be unknown."""

from __future__ import annotations

import numpy as np

from workbench.tracing.graph.times import NO_TIME, hops


def test_a_hop_is_known_only_where_both_times_are():
    time = np.array([NO_TIME, 5, 12, -(2**62)])
    found, known = hops(time, np.array([0, 1, 2, 3, 0]), np.array([1, 2, 1, 1, 0]))
    assert found[known].tolist() == [7, -7, 5 + 2**62]
    assert known.tolist() == [False, True, True, True, False]
    assert found[~known].tolist() == [0, 0]
