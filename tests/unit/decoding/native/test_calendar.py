"""Calendar times of columns, against `datetime`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.calendar import calendar_times


@settings(deadline=None)
@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - zones come beside
    st.none() | st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.sampled_from("Tt "),
)
def test_times_are_those_of_datetime(moment, minutes, between):
    zone = None if minutes is None else timezone(timedelta(minutes=minutes))
    micros, read, assumed = calendar_times(pa.array([moment.replace(tzinfo=zone).isoformat(between)], pa.string()))
    since = moment.replace(tzinfo=zone or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert (read[0], assumed[0]) == (True, minutes is None)
    assert micros[0] == since // timedelta(microseconds=1)


UNREAD = """
2026-02-29T00:00:00Z|1900-02-29 00:00:00|2026-13-01T00:00:00Z|2026-04-31T00:00:00Z|2026-01-00T00:00:00Z
0000-01-01T00:00:00Z|2026-01-01T24:00:00Z|2026-01-01T00:60:00Z|2026-01-01T23:59:60Z|2026-01-01T00:00:00.Z
2026-01-01T00:00:00.1234567890Z|2026-01-01T00:00:00+24:00|2026-01-01T00:00:00+1:00|2026-01-01T00:00:00+0100
2026-01-01|2026-01-01T00:00:0|2026-01-01T00:00:00ZZ|2026/01/01T00:00:00Z
"""


@pytest.mark.parametrize("text", UNREAD.strip().replace("\n", "|").split("|"))
def test_what_does_not_exist_is_not_read(text):
    assert not calendar_times(pa.array([text], pa.string()))[1][0]


def test_leap_days_and_short_fractions():
    column = pa.array(["2000-02-29T00:00:00.5Z", "2024-02-29T23:59:59.123456789+00:00"], pa.string())
    micros, read, _ = calendar_times(column)
    assert read.all()
    assert micros.tolist() == [951_782_400_500_000, 1_709_251_199_123_456]
