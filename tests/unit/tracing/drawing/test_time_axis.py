"""Time axis: idle gaps are folded."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tracing.drawing.time_axis import TimeAxis, idle_gaps


def test_idle_gaps_of_the_reference():
    limit, folded = idle_gaps([0, 10, 20, 5000, 5010])
    assert [limit, folded] == [250.5, [2]]
    assert idle_gaps([7]) == (0.0, [])


def test_a_folded_gap_takes_little_room_and_is_named():
    axis = TimeAxis.of(np.array([0, 10, 20, 5000, 5010]), 5)
    steps = np.diff(axis.places)
    assert steps[0] == pytest.approx(steps[1]) == pytest.approx(steps[3])
    assert steps[2] < steps[0]
    assert [gap for _, _, gap in axis.ticks() if gap is not None] == [4980]
