from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from workbench.errors import WindowError
from workbench.model.selecting.window import Ago, At, Committed, End, FromEnd, FromStart, Offset, Start, parse_bound

T_MS = 1_795_428_000_000


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        ("start", Start()),
        ("end", End()),
        (1200, Offset(1200)),
        ("1200", Offset(1200)),
        (0, Offset(0)),
        ("-100", FromEnd(100)),
        (-100, FromEnd(100)),
        ("-15", FromEnd(15)),
        (-15, FromEnd(15)),
        ("-0", FromEnd(0)),
        ("+100", FromStart(100)),
        ("-15m", Ago(900_000)),
        ("@-15m", Ago(900_000)),
        ("-250ms", Ago(250)),
        ("-3s", Ago(3_000)),
        ("-2h", Ago(7_200_000)),
        ("-1d", Ago(86_400_000)),
        ("@2026-11-23T10:00:00Z", At(T_MS)),
        ("@2026-11-23T10:00:00", At(T_MS)),
        ("@2026-11-23T11:00:00+01:00", At(T_MS)),
        ("@2026-11-23 10:00:00.123456", At(T_MS + 123)),
        ("@2026-11-23", At(T_MS - 36_000_000)),
        ("group:billing", Committed("billing")),
        ("group:a:b c", Committed("a:b c")),
        (datetime(2026, 11, 23, 10), At(T_MS)),  # noqa: DTZ001 - naive means UTC
        (datetime(2026, 11, 23, 10, tzinfo=UTC), At(T_MS)),
        (datetime(2026, 11, 23, 5, tzinfo=timezone(timedelta(hours=-5))), At(T_MS)),
        (timedelta(minutes=15), Ago(900_000)),
        (timedelta(0), Ago(0)),
        (2**63 - 1, Offset(2**63 - 1)),
        (FromEnd(3), FromEnd(3)),
    ],
)
def test_reads_what_the_grammar_shows(value, bound):
    assert parse_bound(value) == bound


@pytest.mark.parametrize("text", ["start", "end", "1200", "-100", "+100", "@-15m", "@-1500ms", "@-2d", "group:billing"])
def test_a_bound_writes_itself_as_it_is_read(text):
    assert str(parse_bound(text)) == text


def test_a_time_survives_writing_and_reading():
    assert parse_bound(str(At(T_MS + 7))) == At(T_MS + 7)


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("", 0),
        ("abc", 0),
        ("START", 0),
        (" start", 0),
        ("startx", 0),
        ("12x", 2),
        ("2026-11-23T10:00:00Z", 4),
        ("-", 1),
        ("+", 1),
        ("@", 1),
        ("@-", 2),
        ("@-15", 4),
        ("-15x", 3),
        ("-15M", 3),
        ("-1.5h", 2),
        ("+15m", 3),
        ("--5", 1),
        ("@2026-13-01T00:00:00Z", 1),
        ("@yesterday", 1),
        ("@1969-12-31T23:59:59Z", 0),
        ("group:", 6),
        ("१२", 0),
        ("9223372036854775808", 0),
        ("-99999999999999999999d", 0),
        (2**63, 0),
        (True, 0),
        (1.5, 0),
        (None, 0),
        (b"start", 0),
        (timedelta(seconds=-1), 0),
        (datetime(1960, 1, 1, tzinfo=UTC), 0),
    ],
)
def test_everything_else_is_an_error_that_points(value, position):
    with pytest.raises(WindowError) as caught:
        parse_bound(value)
    assert caught.value.position == position
    assert "Use start, end" in str(caught.value)
