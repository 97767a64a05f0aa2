"""Rates follow the vectors of the generic cell rate algorithm."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from workbench.replay import Options
from workbench.replay.plan.pace import Limit, Pace, original_pace, planned_due


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


def test_a_ramp_sends_a_tenth_at_first():
    pace, sent, now = Pace(Fraction(100), None, 10), [], 5.0
    while now < 16:
        now = pace.take(1, now)
        sent.append(now)
    assert sent[:3] == pytest.approx([5.0, 5.1, 5.2])
    assert sum(at < 15 for at in sent) == pytest.approx(100, abs=1)
    assert sum(15.05 <= at < 16 for at in sent) == pytest.approx(95, abs=12)


TIMES = np.array([1000, 1500, 1400, 3000, 63000])


@pytest.mark.parametrize(
    ("speed", "max_gap_ms", "expected"),
    [
        (Fraction(1), None, [0, 500, 500, 2000, 62000]),
        (Fraction(4), None, [0, 125, 125, 500, 15500]),
        (Fraction(1, 2), None, [0, 1000, 1000, 4000, 124000]),
        (Fraction(4), 2000, [0, 125, 125, 500, 2500]),
    ],
    ids=["P1", "P2", "P3", "P4"],
)
def test_pace_vectors(speed, max_gap_ms, expected):
    assert original_pace(TIMES, speed, max_gap_ms).tolist() == expected


def test_records_without_a_timestamp_are_due_with_the_one_before():
    assert original_pace(np.array([-1, 1000, -1, 1500]), Fraction(1)).tolist() == [0, 0, 0, 500]
    assert original_pace(np.array([-1, -1]), Fraction(1)).tolist() == [0, 0]
    assert original_pace(np.array([], np.int64), Fraction(1)).tolist() == []


def test_pace_and_rate_together():
    sizes = np.ones(5, np.int64)
    assert planned_due(sizes, TIMES, Options.parse({})) is None
    paced = Options.parse({"speed": 4})
    assert planned_due(sizes, TIMES, paced).tolist() == [0, 0.125, 0.125, 0.5, 15.5]
    slow = Options.parse({"speed": 1000, "records_per_s": 10})
    assert planned_due(sizes, TIMES, slow)[1:4] == pytest.approx([0.1, 0.2, 0.3])
