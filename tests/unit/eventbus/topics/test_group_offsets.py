"""Lag of a committed offset."""

from __future__ import annotations

import pytest

from workbench.eventbus.topics.group_offsets import lag
from workbench.lag import lag_frame
from workbench.model import CommittedOffset
from workbench.model.lag import CommitSample, LagRound, OffsetSample


@pytest.mark.parametrize(("end", "committed", "expected"), [(10, 4, 6), (10, 10, 0), (10, 12, 0), (None, 4, None)])
def test_lag_is_never_negative_and_unknown_without_an_end(end, committed, expected):
    assert lag(end, CommittedOffset(committed)) == expected


@pytest.mark.parametrize("committed", [0, 4, 10, 12])
def test_an_application_and_the_workbench_mean_the_same_lag(committed):
    """The bus has the definition again: the workbench computes it in DuckDB, which a bus does not need."""
    offsets, commits = (OffsetSample("t", 0, 0, 10, 10),), (CommitSample("g", "t", 0, committed),)
    frame = lag_frame(LagRound(1, "c", 1, 1, 1, 1, 1, None, offsets, commits, ()))
    assert frame["lag"].to_list() == [lag(10, CommittedOffset(committed))]
