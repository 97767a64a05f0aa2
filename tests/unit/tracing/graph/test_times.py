"""Hops: differences of times that may be unknown."""

from __future__ import annotations

import numpy as np

from workbench.tracing.graph.times import NO_TIME, hops, resolution_us


def test_a_hop_is_known_only_where_both_times_are():
    time = np.array([NO_TIME, 5, 12, -(2**62)])
    found, known = hops(time, np.array([0, 1, 2, 3, 0]), np.array([1, 2, 1, 1, 0]))
    assert found[known].tolist() == [7, -7, 5 + 2**62]
    assert known.tolist() == [False, True, True, True, False]
    assert found[~known].tolist() == [0, 0]


def test_the_resolution_is_the_largest_step_that_all_known_times_keep():
    assert resolution_us(np.array([NO_TIME, 2_000_000, 5_000_000])) == 1_000_000
    late = np.full(200_000, 3_000_000)
    late[-1] += 1_000
    assert resolution_us(late) == 1_000
    late[-1] += 1
    assert resolution_us(late) == 0
    assert resolution_us(late[:0]) == 0
