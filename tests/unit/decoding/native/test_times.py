"""Times of the compiled decoder against the exact parser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.times import PARSERS

calendar = st.from_regex(
    r"\A(19|20|00|99)\d\d-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-6]\d:[0-6]\d([.:]\d{1,10})?(Z| Z|z|[+-][0-2]\d:[0-6]\d|)\Z",
)
integers = st.integers(-(10**31), 10**31).map(str) | st.integers(-(10**19), 10**19).map(str)
time_texts = st.lists(
    calendar | integers | st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=30
)


READS = {parser: own(event_time="value:t", time=parser) for parser in PARSERS}


def times(texts, parser):
    rows = [((), json.dumps({"t": text}).encode()) for text in texts]
    return agreed(rows, READS[parser])


@settings(deadline=None, max_examples=50)
@given(time_texts, st.sampled_from(PARSERS))
def test_times_equal_those_of_the_exact_parser(texts, parser):
    times(texts, parser)


@settings(deadline=None, max_examples=30)
@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - zones come beside
    st.none() | st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.sampled_from("Tt "),
)
def test_times_are_those_of_datetime(moment, minutes, between):
    zone = None if minutes is None else timezone(timedelta(minutes=minutes))
    (row,) = times([moment.replace(tzinfo=zone).isoformat(between)], "rfc3339_or_utc")
    assert row["event_time"] == moment.replace(tzinfo=zone or UTC).astimezone(UTC).replace(tzinfo=None)
    assert ("time_zone_assumed" in row["problems"]) == (minutes is None)


UNREAD = """
2026-02-29T00:00:00Z|1900-02-29 00:00:00|2026-13-01T00:00:00Z|2026-04-31T00:00:00Z|2026-01-00T00:00:00Z
0000-01-01T00:00:00Z|2026-01-01T24:00:00Z|2026-01-01T00:60:00Z|2026-01-01T23:59:60Z|2026-01-01T00:00:00.Z
2026-01-01T00:00:00.1234567890Z|2026-01-01T00:00:00+24:00|2026-01-01T00:00:00+1:00|2026-01-01T00:00:00+0100
2026-01-01|2026-01-01T00:00:0|2026-01-01T00:00:00ZZ|2026/01/01T00:00:00Z
"""


@pytest.mark.parametrize("parser", PARSERS)
def test_what_does_not_exist_is_not_read(parser):
    found = times(UNREAD.strip().replace("\n", "|").split("|"), parser)
    assert all(row["event_time"] is None and row["problems"] == ["bad_time:event_time"] for row in found)


def test_nanoseconds_of_the_last_year_are_read_and_cut():
    rows = times(["253402300799999999999", "-62135596800000000000", "-1", "1500"], "epoch_ns")
    assert [row["event_time"] for row in rows] == [
        datetime(9999, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001 - columns have no zone
        datetime(1, 1, 1),  # noqa: DTZ001
        datetime(1969, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
        datetime(1970, 1, 1, 0, 0, 0, 1),  # noqa: DTZ001
    ]
