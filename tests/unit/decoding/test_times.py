"""Times by the table of the envelope conventions."""

from __future__ import annotations

import pytest

from workbench.decoding.times import parse_time

MARCH = 1_772_359_200_000_000


@pytest.mark.parametrize(
    ("text", "parser", "micros", "faults"),
    [
        ("2026-03-01T10:00:00Z", "rfc3339", MARCH, ()),
        ("2026-03-01t10:00:00.1z", "rfc3339", MARCH + 100_000, ()),
        ("2026-03-01 12:30:00.123456789+02:30", "rfc3339", MARCH + 123_456, ()),
        ("2026-03-01T10:00:00", "rfc3339", None, ("bad_time",)),
        ("2026-03-01T10:00:00", "rfc3339_or_utc", MARCH, ("time_zone_assumed",)),
        ("2026-03-01T10:00:00.1234567890Z", "rfc3339", None, ("bad_time",)),
        ("2026-02-29T10:00:00Z", "rfc3339", None, ("bad_time",)),
        ("2024-02-29T00:00:00Z", "rfc3339", 1_709_164_800_000_000, ()),
        ("2026-03-01T10:00:00+0000", "rfc3339", None, ("bad_time",)),
        ("2026-03-01T10:00:00+24:00", "rfc3339", None, ("bad_time",)),
        ("1999-12-31T23:59:59Z", "rfc3339", 946_684_799_000_000, ("implausible_time",)),
        ("2100-12-31T23:59:59Z", "rfc3339", 4_133_980_799_000_000, ()),
        ("2101-01-01T00:00:00", "auto", 4_133_980_800_000_000, ("time_zone_assumed", "implausible_time")),
        ("2026-03-01 10:00:00:123456 Z", "nservicebus", MARCH + 123_456, ()),
        ("2026-03-01T10:00:09.0000010+00:00", "nservicebus", MARCH + 9_000_001, ()),
        ("1772359200", "epoch_s", MARCH, ()),
        ("1772359200400", "epoch_ms", MARCH + 400_000, ()),
        ("1772359200000001", "epoch_us", MARCH + 1, ()),
        ("1772359200000001999", "epoch_ns", MARCH + 1, ()),
        ("1772359200", "auto", MARCH, ()),
        ("1772359200000", "auto", MARCH, ()),
        ("1772359200000000", "auto", MARCH, ()),
        ("1772359200000000000", "auto", MARCH, ()),
        ("99999999999", "auto", 99_999_999_999_000_000, ("implausible_time",)),
        ("1772359200.5", "epoch_s", None, ("bad_time",)),
        ("9" * 25, "epoch_ms", None, ("bad_time",)),
        ("", "auto", None, ("bad_time",)),
    ],
)
def test_times(text, parser, micros, faults):
    parsed = parse_time(text, parser)
    assert (parsed.micros, parsed.faults) == (micros, faults)
