from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import TimeUnit, duration_text

UNITS = st.sampled_from(get_args(TimeUnit))


@pytest.mark.parametrize(
    ("span", "unit", "shown"),
    [
        (0, "us", "0 µs"),
        (0, "s", "0 s"),
        (1, "ns", "1 ns"),
        (1_250, "ms", "1.25 s"),
        (40_000, "us", "40 ms"),
        (-40, "ms", "-40 ms"),
        (1_097_400, "us", "1.097 s"),
        (59_999, "ms", "60 s"),
        (60_000, "ms", "1 min"),
        (185, "s", "3 min 5 s"),
        (10_000, "s", "2 h 46 min"),
        (86_400, "s", "1 d"),
        (90_061, "s", "1 d 1 h"),
        (0.25, "s", "250 ms"),
        (np.int64(5), "s", "5 s"),
        (2**63 - 1, "us", "106,751,991 d 4 h"),
        (-(2**63), "ms", "-106,751,991,167 d 7 h"),
        (None, "s", "unknown"),
        (float("nan"), "s", "unknown"),
        (float("-inf"), "s", "unknown"),
    ],
)
def test_a_duration_is_written_in_units_that_fit(span: float | None, unit: TimeUnit, shown: str) -> None:
    written = duration_text(span, unit)
    assert written == shown


def test_a_sign_and_a_rounding_can_be_asked_for() -> None:
    assert duration_text(23, "ms", signed=True) == "+23 ms"
    assert duration_text(0, "us", signed=True) == "+0 µs"
    assert duration_text(-23, "ms", signed=True) == "-23 ms"
    assert duration_text(12.4, "s", smallest="s") == "12 s"
    assert duration_text(0.2, "s", smallest="s") == "0 s"


@given(st.integers(-(2**63), 2**64 - 1) | st.floats(), UNITS, st.booleans(), st.none() | UNITS)
def test_every_number_is_a_duration(span: float, unit: TimeUnit, signed: bool, smallest: TimeUnit | None) -> None:  # noqa: FBT001 - drawn
    written = duration_text(span, unit, signed=signed, smallest=smallest)
    assert written == "unknown" or written.lstrip("+-")[0].isdigit()
