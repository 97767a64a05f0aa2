"""Reads times in the forms that producers write, to UTC microseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST_US = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND
"""First microsecond that every consumer of the column can hold."""
LATEST_US = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - EPOCH) // _MICROSECOND
PLAUSIBLE_FROM_US = (datetime(2000, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND
PLAUSIBLE_TO_US = (datetime(2101, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND
AUTO_LIMITS = ((10**11, "epoch_s"), (10**14, "epoch_ms"), (10**17, "epoch_us"))
"""Below each limit an integer of unknown unit has this one; at or above the last it is nanoseconds."""
PARSERS = ("rfc3339", "rfc3339_or_utc", "nservicebus", "epoch_ms", "epoch_s", "epoch_us", "epoch_ns", "auto")

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_NSERVICEBUS = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d):(\d{6}) (Z)", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,30}", re.ASCII)
_LAST = (23, 59, 59)

TimeFault: TypeAlias = str
"""``bad_time``, ``time_zone_assumed`` or ``implausible_time``."""


@dataclass(frozen=True, slots=True)
class ParsedTime:
    """A time and the faults found in it."""

    micros: int | None
    faults: tuple[TimeFault, ...] = ()


BAD_TIME = ParsedTime(None, ("bad_time",))


def parse_time(text: str, parser: str) -> ParsedTime:
    """Read a time by one of `PARSERS`; nanoseconds are cut, never rounded."""
    if parser.startswith("epoch_"):
        return _epoch(text, parser)
    if parser == "nservicebus":
        found = _NSERVICEBUS.fullmatch(text)
        return _calendar(found) if found else _rfc3339(text, assume_utc=False)
    if parser == "auto" and _INTEGER.fullmatch(text):
        size = abs(int(text))
        return _epoch(text, next((unit for limit, unit in AUTO_LIMITS if size < limit), "epoch_ns"))
    return _rfc3339(text, assume_utc=parser != "rfc3339")


def _rfc3339(text: str, *, assume_utc: bool) -> ParsedTime:
    found = _RFC3339.fullmatch(text)
    if found is None:
        return BAD_TIME
    if found[8] is None:
        return _calendar(found, ("time_zone_assumed",)) if assume_utc else BAD_TIME
    return _calendar(found)


def _calendar(found: re.Match[str], faults: tuple[TimeFault, ...] = ()) -> ParsedTime:
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    zone = found[8] or "Z"
    offset_minutes = 0
    if zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > _LAST[0] or minutes > _LAST[1]:
            return BAD_TIME
        offset_minutes = (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    if hour > _LAST[0] or minute > _LAST[1] or second > _LAST[2]:
        return BAD_TIME
    try:
        days = date(year, month, day).toordinal() - EPOCH.toordinal()
    except ValueError:
        return BAD_TIME
    fraction = int((found[7] or "0").ljust(6, "0")[:6])
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_minutes * 60
    return _plausible(seconds * 1_000_000 + fraction, faults)


def _epoch(text: str, parser: str) -> ParsedTime:
    if not _INTEGER.fullmatch(text):
        return BAD_TIME
    number = int(text)
    match parser:
        case "epoch_s":
            micros = number * 1_000_000
        case "epoch_ms":
            micros = number * 1_000
        case "epoch_us":
            micros = number
        case _:
            micros = number // 1_000
    return _plausible(micros)


def _plausible(micros: int, faults: tuple[TimeFault, ...] = ()) -> ParsedTime:
    if not EARLIEST_US <= micros <= LATEST_US:
        return BAD_TIME
    if not PLAUSIBLE_FROM_US <= micros < PLAUSIBLE_TO_US:
        faults = (*faults, "implausible_time")
    return ParsedTime(micros, faults)
