from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import TimeUnit, clock_text, iso_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

ANY_64_BITS = st.integers(-(2**63), 2**64 - 1)
UNITS = st.sampled_from(get_args(TimeUnit))
LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999."""


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        (time_text, "2026-11-25 04:50:04.851Z"),
        (clock_text, "04:50:04.851Z"),
        (iso_text, "2026-11-25T04:50:04.851Z"),
    ],
)
def test_a_time_is_utc(write: Callable[..., str], shown: str) -> None:
    assert write(1_795_582_204_851) == shown
    assert write(1_795_582_204_851_999, "us", precision="ms") == shown
    assert write(datetime(2026, 11, 25, 4, 50, 4, 851_000), precision="ms") == shown  # noqa: DTZ001 - naive is UTC
    east = timezone(timedelta(hours=5))
    assert write(datetime(2026, 11, 25, 9, 50, 4, 851_000, tzinfo=east), precision="ms") == shown


@pytest.mark.parametrize(
    ("at", "unit", "precision", "shown"),
    [
        (0, "s", None, "1970-01-01 00:00:00Z"),
        (0, "ms", None, "1970-01-01 00:00:00.000Z"),
        (1, "us", None, "1970-01-01 00:00:00.000001Z"),
        (1, "ns", None, "1970-01-01 00:00:00.000000001Z"),
        (1_999, "ms", "s", "1970-01-01 00:00:01Z"),
        (1_999, "ms", "us", "1970-01-01 00:00:01.999000Z"),
        (-1, "ms", None, "1969-12-31 23:59:59.999Z"),
        (LAST_MS, "ms", None, "9999-12-31 23:59:59.999Z"),
        (LAST_MS + 1, "ms", None, "253,402,300,800,000 ms since 1970"),
        (-62_135_596_800_000, "ms", None, "0001-01-01 00:00:00.000Z"),
        (-62_135_596_800_001, "ms", None, "-62,135,596,800,001 ms since 1970"),
        (2**63 - 1, "us", None, "9,223,372,036,854,775,807 µs since 1970"),
        (None, "ms", None, "no time"),
    ],
)
def test_a_time_outside_the_calendar_is_a_number(
    at: int | None,
    unit: TimeUnit,
    precision: TimeUnit | None,
    shown: str,
) -> None:
    assert time_text(at, unit, precision=precision) == shown


@given(ANY_64_BITS, UNITS, st.none() | UNITS)
def test_every_number_is_a_time(at: int, unit: TimeUnit, precision: TimeUnit | None) -> None:
    for write in (time_text, clock_text, iso_text):
        assert write(at, unit, precision=precision)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])))
def test_a_written_datetime_reads_back(at: datetime) -> None:
    written = iso_text(at)
    if "since 1970" not in written:
        assert datetime.fromisoformat(written) == at
