"""Reads whole columns of times to UTC microseconds, by the rules of `workbench.decoding.times`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import flags
from workbench.decoding.native.calendar import calendar_times
from workbench.decoding.times import (
    AUTO_LIMITS,
    EARLIEST_US,
    LATEST_US,
    PLAUSIBLE_FROM_US,
    PLAUSIBLE_TO_US,
    parse_time,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAD, ASSUMED, IMPLAUSIBLE = 1, 2, 4
FAULTS = ((BAD, "bad_time"), (ASSUMED, "time_zone_assumed"), (IMPLAUSIBLE, "implausible_time"))
_UNREAD = 8
_INTEGERS = r"^-?[0-9]{1,16}$"
_MICROS_PER = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}


@dataclass(slots=True)
class TimeColumn:
    """Microseconds and fault bits of each row."""

    micros: NDArray[np.int64]
    faults: NDArray[np.uint8]


def parse_times(texts: pa.Array, parser: str) -> TimeColumn:
    """Read a column of times, never null, by one of `workbench.decoding.times.PARSERS`."""
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
    """Return microseconds; a number that would overflow is moved just outside the range that is accepted."""
    factor = _MICROS_PER[unit]
    return np.clip(numbers, EARLIEST_US // factor - 1, LATEST_US // factor + 1) * factor


def _read_calendar(texts: pa.Array, result: TimeColumn, *, assume_utc: bool) -> None:
    micros, read, assumed = calendar_times(texts)
    chosen = read & (result.faults == _UNREAD)
    if not assume_utc:
        chosen &= ~assumed
    result.micros[chosen] = micros[chosen]
    result.faults[chosen] = assumed[chosen] * np.uint8(ASSUMED)
