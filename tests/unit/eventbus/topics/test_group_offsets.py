"""Lag of a committed offset."""

from __future__ import annotations

import pytest

from workbench.eventbus.topics.group_offsets import lag
from workbench.model import CommittedOffset


@pytest.mark.parametrize(("end", "committed", "expected"), [(10, 4, 6), (10, 10, 0), (10, 12, 0), (None, 4, None)])
def test_lag_is_never_negative_and_unknown_without_an_end(end, committed, expected):
    assert lag(end, CommittedOffset(committed)) == expected
