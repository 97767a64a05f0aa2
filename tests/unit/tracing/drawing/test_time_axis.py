"""Time axis: idle gaps are folded."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tracing.drawing.painting.shapes import readable
from workbench.tracing.drawing.time_axis import FOLDED, TICK_PX, TimeAxis, tick_labels


def test_a_folded_gap_takes_little_room_and_is_named():
    axis = TimeAxis.of(np.array([0, 10, 20, 5000, 5010]), 5)
    steps = np.diff(axis.places)
    assert steps[0] == pytest.approx(steps[1]) == pytest.approx(steps[3])
    assert steps[2] < steps[0]
    assert [tick.idle_us for tick in axis.ticks() if tick.idle_us is not None] == [4980]
    assert [gap for _, _, gap in axis.folds()] == [4980]
    assert axis.folds()[0][:2] == (pytest.approx(axis.places[2]), pytest.approx(axis.places[3]))


def test_times_beyond_the_calendar_keep_their_order():
    axis = TimeAxis.of(np.array([-(2**63) + 1, -62_135_596_800_000_000, 0, 253_402_300_799_999_999, 2**63 - 1]), 5)
    assert (np.diff(axis.places) > 0).all()
    assert np.isfinite(axis.width)
    assert axis.ticks()


def test_folded_gaps_beside_each_other_have_room_for_their_labels():
    times = np.concatenate([np.arange(30), 10_000_000 + np.arange(2), [21_000_000], 33_000_000 + np.arange(30)])
    axis = TimeAxis.of(times, len(times))
    ticks = axis.ticks()
    named = zip(ticks, tick_labels(ticks), strict=True)
    labels = [(tick.x - tick.width / 2, text) for tick, text in named if tick.idle_us is not None]
    assert [text for _, text in labels] == ["idle 10 s", "idle 11 s", "idle 12 s"]
    assert all(readable(labels, TICK_PX))
    assert [end - start for start, end, _ in axis.folds()][-1] == pytest.approx(FOLDED)
