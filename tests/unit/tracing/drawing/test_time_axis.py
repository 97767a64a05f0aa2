"""Time axis: idle gaps are folded."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tracing.drawing.time_axis import TimeAxis


def test_a_folded_gap_takes_little_room_and_is_named():
    axis = TimeAxis.of(np.array([0, 10, 20, 5000, 5010]), 5)
    steps = np.diff(axis.places)
    assert steps[0] == pytest.approx(steps[1]) == pytest.approx(steps[3])
    assert steps[2] < steps[0]
    assert [gap for _, _, gap in axis.ticks() if gap is not None] == [4980]
    assert [gap for _, _, gap in axis.folds()] == [4980]
    assert axis.folds()[0][:2] == (pytest.approx(axis.places[2]), pytest.approx(axis.places[3]))


def test_times_beyond_the_calendar_keep_their_order():
    axis = TimeAxis.of(np.array([-(2**63) + 1, -62_135_596_800_000_000, 0, 253_402_300_799_999_999, 2**63 - 1]), 5)
    assert (np.diff(axis.places) > 0).all()
    assert np.isfinite(axis.width)
    assert axis.ticks()
