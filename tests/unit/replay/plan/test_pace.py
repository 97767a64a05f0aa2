"""Rates follow the vectors of the generic cell rate algorithm."""

from __future__ import annotations

from fractions import Fraction

import pytest

from workbench.replay.plan.pace import Limit, Pace


@pytest.mark.parametrize(
    ("rate", "burst", "costs", "expected"),
    [
        (100, 10, [1] * 13, [0] * 10 + [0.01, 0.02, 0.03]),
        (1e6, 1e6, [6e5] * 3, [0, 0.2, 0.8]),
        (1e6, 1e6, [2.5e6, 1e5], [1.5, 3.1]),
    ],
    ids=["P5", "P6", "P7"],
)
def test_rate_vectors(rate, burst, costs, expected):
    limit, sent = Limit(rate, burst), []
    for cost in costs:
        sent.append(limit.due(cost, 0.0))
        limit.spend(cost, sent[-1])
    assert sent == pytest.approx(expected)


def test_falling_behind_is_not_caught_up_beyond_the_burst():
    pace = Pace(Fraction(100), None)
    first = [pace.take(1, 0.0) for _ in range(20)]
    assert first[:10] == [0.0] * 10
    late = [pace.take(1, 60.0) for _ in range(12)]
    assert late[:10] == [60.0] * 10
    assert late[10:] == pytest.approx([60.01, 60.02])


def test_the_slower_of_two_rates_decides():
    pace = Pace(Fraction(1000), Fraction(1000))
    assert [pace.take(500, 0.0) for _ in range(3)] == pytest.approx([0.4, 1.3, 2.2])
    assert Pace(None, None).unlimited
