"""Times of whole columns, to UTC microseconds; the rules are those of `workbench.codecs.times`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.codecs.times import (
    AUTO_LIMITS,
    EARLIEST_US,
    LATEST_US,
    PLAUSIBLE_FROM_US,
    PLAUSIBLE_TO_US,
    parse_time,
)
from workbench.store.decode.arrays import data_of, flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAD, ASSUMED, IMPLAUSIBLE = 1, 2, 4
FAULTS = ((BAD, "bad_time"), (ASSUMED, "time_zone_assumed"), (IMPLAUSIBLE, "implausible_time"))
_UNREAD = 8
_INTEGERS = r"^-?[0-9]{1,16}$"
_MICROS_PER = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_SECONDS_LENGTH = 19
_SEPARATORS = tuple(
    (at, np.frombuffer(allowed, np.uint8))
    for at, allowed in ((4, b"-"), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":"))
)
_MOST_FRACTION = 9
_FEBRUARY, _LAST_HOUR, _LAST_MINUTE = 2, 23, 59
_LONGEST = 35
_DIGITS_AT = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_OFFSET_DIGITS = (-5, -4, -2, -1)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(slots=True)
class TimeColumn:
    """Microseconds and fault bits of each row."""

    micros: NDArray[np.int64]
    faults: NDArray[np.uint8]


def parse_times(texts: pa.Array, parser: str) -> TimeColumn:
    """Read a column of times, never null, by one of the codecs' parsers."""
    result = TimeColumn(np.zeros(len(texts), np.int64), np.full(len(texts), _UNREAD, np.uint8))
    if parser.startswith("epoch_") or parser == "auto":
        _read_integers(texts, parser, result)
    if not parser.startswith("epoch_") and parser != "nservicebus":
        _read_calendar(texts, result, assume_utc=parser != "rfc3339")
    _judge(result)
    unread = np.flatnonzero(result.faults == _UNREAD)
    bits = {name: bit for bit, name in FAULTS}
    for row, text in zip(unread, texts.take(pa.array(unread)).to_pylist(), strict=True):
        parsed = parse_time(text, parser)
        result.micros[row] = parsed.micros or 0
        result.faults[row] = sum(bits[fault] for fault in parsed.faults)
    return result


def _judge(result: TimeColumn) -> None:
    read = result.faults != _UNREAD
    outside = read & ((result.micros < EARLIEST_US) | (result.micros > LATEST_US))
    result.faults[outside] = BAD
    odd = read & ~outside & ((result.micros < PLAUSIBLE_FROM_US) | (result.micros >= PLAUSIBLE_TO_US))
    result.faults[odd] |= IMPLAUSIBLE


def _read_integers(texts: pa.Array, parser: str, result: TimeColumn) -> None:
    rows = np.flatnonzero(flags(pc.match_substring_regex(texts, _INTEGERS)))
    if not len(rows):
        return
    numbers = texts.take(pa.array(rows)).cast(pa.int64()).to_numpy()
    micros = numbers // 1_000
    if parser == "auto":
        size = np.abs(numbers)
        for limit, unit in reversed(AUTO_LIMITS):
            below = size < limit
            micros[below] = _scaled(numbers[below], unit)
    elif parser != "epoch_ns":
        micros = _scaled(numbers, parser)
    result.micros[rows] = micros
    result.faults[rows] = 0


def _scaled(numbers: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """Microseconds; what would overflow is moved just outside the range that is accepted."""
    factor = _MICROS_PER[unit]
    return np.clip(numbers, EARLIEST_US // factor - 1, LATEST_US // factor + 1) * factor


def _read_calendar(texts: pa.Array, result: TimeColumn, *, assume_utc: bool) -> None:
    content, ends = data_of(texts)
    lengths = np.diff(ends)
    open_rows = (result.faults == _UNREAD) & (lengths >= _SECONDS_LENGTH) & (lengths <= _LONGEST)
    for length in np.unique(lengths[open_rows]):
        rows = np.flatnonzero(open_rows & (lengths == length))
        letters = content[ends[rows][:, None] + np.arange(length)]
        _read_letters(letters, rows, result, assume_utc=assume_utc)


def _read_letters(letters: NDArray[np.uint8], rows: NDArray[np.int64], result: TimeColumn, *, assume_utc: bool) -> None:
    """Read texts of one length, a matrix of bytes; what does not fit stays unread for the exact parser."""
    last = letters[:, -1] | 0x20
    zulu = (last == ord("z")) & (letters.shape[1] > _SECONDS_LENGTH)
    offset = (letters[:, -3] == ord(":")) & np.isin(letters[:, -6], (ord("+"), ord("-")))
    offset &= letters.shape[1] >= _SECONDS_LENGTH + 6
    zones = ((zulu, 1, 0), (offset, 6, 0), (~zulu & ~offset, 0, ASSUMED))
    for mask, zone_length, fault in zones:
        if not mask.any() or (fault and not assume_utc):
            continue
        part = letters if mask.all() else letters[mask]
        micros, good = _calendar_micros(part, zone_length)
        chosen = rows[mask][good]
        result.micros[chosen] = micros[good]
        result.faults[chosen] = fault


def _calendar_micros(letters: NDArray[np.uint8], zone_length: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of texts with one layout, and which of them have it."""
    columns = np.ascontiguousarray(letters.T)
    digits = columns - np.uint8(ord("0"))
    stop = len(columns) - zone_length
    fraction = range(_SECONDS_LENGTH + 1, stop)
    good = np.ones(len(letters), bool)
    for at, allowed in _SEPARATORS:
        good &= np.isin(columns[at], allowed)
    if stop > _SECONDS_LENGTH:
        good &= (columns[_SECONDS_LENGTH] == ord(".")) & (1 <= len(fraction) <= _MOST_FRACTION)
    for at in (*_DIGITS_AT, *fraction, *(_OFFSET_DIGITS if zone_length > 1 else ())):
        good &= digits[at] <= 9  # noqa: PLR2004 - a digit
    year = _pair(digits, 0) * 100 + _pair(digits, 2)
    month, day, hour, minute, second = (_pair(digits, at) for at in (5, 8, 11, 14, 17))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _MONTH_DAYS[np.clip(month, 0, 12)] + (leap & (month == _FEBRUARY))
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)  # noqa: PLR2004 - a calendar
    good &= (hour <= _LAST_HOUR) & (minute <= _LAST_MINUTE) & (second <= _LAST_MINUTE)
    seconds = _days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    if zone_length > 1:
        hours, minutes = _pair(digits, -5), _pair(digits, -2)
        good &= (hours <= _LAST_HOUR) & (minutes <= _LAST_MINUTE)
        seconds -= (hours * 3_600 + minutes * 60) * np.where(columns[-6] == ord("-"), -1, 1)
    micros = seconds * 1_000_000
    for place, at in enumerate(fraction[:6]):
        micros += digits[at] * np.int64(10 ** (5 - place))
    return micros, good


def _pair(digits: NDArray[np.uint8], at: int) -> NDArray[np.int64]:
    number: NDArray[np.int64] = digits[at] * np.int64(10) + digits[at + 1]
    return number


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since 1970 of a proleptic Gregorian date (Howard Hinnant, chrono-compatible date algorithms)."""
    early = month <= _FEBRUARY
    shifted = year - early
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(early, 9, -3)) + 2) // 5 + day - 1
    days: NDArray[np.int64] = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days
