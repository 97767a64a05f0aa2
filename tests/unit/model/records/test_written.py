"""Outcomes in columns are joined with their errors at the right rows."""

from __future__ import annotations

import numpy as np

from workbench.model.records.written import ACKED, FAILED, WrittenColumns


def test_outcomes_are_joined_in_order():
    first = WrittenColumns.waiting(np.array([5, 6]))
    first.states[0], first.offsets[0] = ACKED, 70
    first.errors[1] = ValueError("too large")
    second = WrittenColumns.waiting(np.array([7]))
    second.errors[0] = ValueError("later")
    joined = WrittenColumns.joined([first, second])
    assert joined.states.tolist() == [ACKED, FAILED, FAILED]
    assert joined.offsets.tolist() == [70, -1, -1]
    assert joined.timestamps.tolist() == [5, 6, 7]
    assert {row: str(error) for row, error in joined.errors.items()} == {1: "too large", 2: "later"}
    assert (joined.acked, joined.first_error, len(joined)) == (1, "too large", 3)
    assert WrittenColumns.joined([first]) is first
    assert (len(WrittenColumns.joined([])), WrittenColumns.joined([]).first_error) == (0, None)
