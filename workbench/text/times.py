"""Writes times in UTC: for people with a blank between date and time, for machines by ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns"]
"""Seconds, milliseconds, microseconds, nanoseconds."""

NO_TIME_TEXT = "no time"
"""Stands for a time that is absent."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PER_SECOND: dict[TimeUnit, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DIGITS: dict[TimeUnit, int] = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_SYMBOLS: dict[TimeUnit, str] = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns"}


def time_text(at: datetime | int | None, unit: TimeUnit = "ms", *, precision: TimeUnit | None = None) -> str:
    """Write a time for people: ``2026-11-25 04:50:04.851Z``.

    A time that no calendar holds is written as a number (``9,223,372,036,854,775,807 ms since 1970``), an absent
    one as ``no time``.

    Args:
        at: A number of ``unit`` since 1970, or a datetime (read as UTC when it is naive).
        unit: What ``at`` counts.
        precision: Last unit that is written, what is smaller is cut off; ``unit`` when it is not given, microseconds
            for a datetime.
    """
    return _written(at, unit, precision, " ")


def clock_text(at: datetime | int | None, unit: TimeUnit = "ms", *, precision: TimeUnit | None = None) -> str:
    """Write a time of day for people: ``04:50:04.851Z``. Otherwise like `time_text`."""
    return _written(at, unit, precision, "")


def iso_text(at: datetime | int | None, unit: TimeUnit = "ms", *, precision: TimeUnit | None = None) -> str:
    """Write a time for machines by ISO 8601: ``2026-11-25T04:50:04.851Z``. Otherwise like `time_text`."""
    return _written(at, unit, precision, "T")


def _written(at: datetime | int | None, unit: TimeUnit, precision: TimeUnit | None, separator: str) -> str:
    if at is None:
        return NO_TIME_TEXT
    if isinstance(at, datetime):
        aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return _written((aware - _EPOCH) // _MICROSECOND, "us", precision, separator)
    # Whole seconds and the rest are kept apart as integers: a float of seconds loses the last digits.
    seconds, rest = divmod(at, _PER_SECOND[unit])
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{at:,} {_SYMBOLS[unit]} since 1970"
    digits = _DIGITS[precision or unit]
    fraction = f"{rest:0{_DIGITS[unit]}d}".ljust(digits, "0")[:digits] if digits else ""
    whole = moment.replace(tzinfo=None)
    written = whole.isoformat(separator, "seconds") if separator else whole.time().isoformat("seconds")
    return f"{written}.{fraction}Z" if fraction else f"{written}Z"
