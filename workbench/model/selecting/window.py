"""Parses the bounds of an offset window, as every ``start=`` and ``end=`` accepts them.

| written | means |
|---|---|
| ``"start"``, ``"end"`` | log start, end of the log; so are kcat's ``"beginning"``, and ``"earliest"``, ``"latest"`` |
| ``1200``, ``"1200"`` | that offset of each partition |
| ``"-100"``, ``-100`` | the last 100 offsets |
| ``"+100"`` | log start + 100 |
| ``"-15m"``, ``"@-15m"``, ``timedelta(minutes=15)`` | that long ago (units ms s m h d) |
| ``"@2026-11-23T10:00:00Z"``, ``datetime`` | that time; without a zone it is UTC |
| ``"group:billing"`` | offset committed by the group; log start if there is none |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from workbench.errors import WindowError
from workbench.text import iso_text

MAX_OFFSET = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DIGITS = re.compile(r"[0-9]*")


@dataclass(frozen=True, slots=True)
class Start:
    """The log start."""

    def __str__(self) -> str:
        return "start"


@dataclass(frozen=True, slots=True)
class End:
    """The end of the log at the time of the request."""

    def __str__(self) -> str:
        return "end"


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset of each partition."""

    offset: int

    def __str__(self) -> str:
        return str(self.offset)


@dataclass(frozen=True, slots=True)
class FromEnd:
    """A number of offsets before the end of the log, but not before the log start."""

    count: int

    def __str__(self) -> str:
        return f"-{self.count}"


@dataclass(frozen=True, slots=True)
class FromStart:
    """A number of offsets after the log start."""

    count: int

    def __str__(self) -> str:
        return f"+{self.count}"


@dataclass(frozen=True, slots=True)
class Ago:
    """The first offset at or after a time, given as a duration before the time of the request."""

    duration_ms: int

    def __str__(self) -> str:
        unit = next(unit for unit in reversed(_UNITS_MS) if self.duration_ms % _UNITS_MS[unit] == 0)
        return f"@-{self.duration_ms // _UNITS_MS[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class At:
    """The first offset at or after a time."""

    timestamp_ms: int

    def __str__(self) -> str:
        return f"@{iso_text(self.timestamp_ms)}"


@dataclass(frozen=True, slots=True)
class Committed:
    """The committed offset of a consumer group, by partition; the log start if a partition has no commit."""

    group_id: str

    def __str__(self) -> str:
        return f"group:{self.group_id}"


Bound: TypeAlias = Start | End | Offset | FromEnd | FromStart | Ago | At | Committed
BoundLike: TypeAlias = str | int | datetime | timedelta | Bound

_WORDS: dict[str, Bound] = {
    **dict.fromkeys(("start", "beginning", "earliest"), Start()),
    **dict.fromkeys(("end", "latest"), End()),
}


def parse_bound(value: BoundLike) -> Bound:
    """Parse one bound of a window; a bound that is parsed already is returned as it is.

    Raises:
        WindowError: For everything that the table above does not show, with the position of the first character
            that does not fit.
    """
    if isinstance(value, Bound):
        return value
    if isinstance(value, bool):
        raise _unreadable(value, "true and false are no bounds")
    if isinstance(value, int):
        return FromEnd(_in_range(-value, str(value))) if value < 0 else Offset(_in_range(value, str(value)))
    if isinstance(value, datetime):
        return At(_epoch_ms(value, str(value)))
    if isinstance(value, timedelta):
        return Ago(_duration_ms(value))
    if isinstance(value, str):
        return _parse_text(value)
    raise _unreadable(value, f"{type(value).__name__} is no bound")


def parse_duration(value: str | timedelta) -> int:
    """Parse a duration and return milliseconds: ``"15m"`` (units ms s m h d), or a timedelta.

    Raises:
        WindowError: It is not a duration, or is negative.
    """
    if isinstance(value, timedelta):
        return _duration_ms(value)
    end = _digits_end(value, 0)
    if not end or value[end:] not in _UNITS_MS:
        raise WindowError(
            f"The duration {value!r} cannot be read at position {end}: give a number and a unit, as in 90s, 15m or 2h.",
            text=value,
            position=end,
        )
    return _in_range(int(value[:end]) * _UNITS_MS[value[end:]], value)


def _parse_text(text: str) -> Bound:
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("group:"):
        if len(text) == len("group:"):
            raise _error(text, len(text), "the group's name is missing")
        return Committed(text.removeprefix("group:"))
    if text.startswith("@-"):
        return _parse_count(text, 2, unit_required=True)
    if text.startswith("@"):
        return At(_parse_time(text))
    if text.startswith(("-", "+")):
        return _parse_count(text, 1, unit_required=False)
    return _parse_offset(text)


def _parse_offset(text: str) -> Offset:
    end = _digits_end(text, 0)
    if end != len(text) or not text:
        hint = "a time begins with @" if end == len("2026") and text[end : end + 1] == "-" else "no bound begins so"
        raise _error(text, end, hint)
    return Offset(_in_range(int(text), text))


def _parse_count(text: str, begin: int, *, unit_required: bool) -> Bound:
    end = _digits_end(text, begin)
    if end == begin:
        raise _error(text, begin, "a number is expected")
    count = _in_range(int(text[begin:end]), text)
    unit = text[end:]
    if not unit and not unit_required:
        return FromStart(count) if text[0] == "+" else FromEnd(count)
    if unit not in _UNITS_MS or text[0] == "+":
        raise _error(text, end, "a unit is one of ms s m h d" if text[0] != "+" else "offsets after + have no unit")
    return Ago(_in_range(count * _UNITS_MS[unit], text))


def _parse_time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text[1:])
    except ValueError:
        raise _error(text, 1, "a time is written as 2026-11-23T10:00:00Z, or -15m for a time ago") from None
    return _epoch_ms(moment, text)


def _epoch_ms(moment: datetime, text: str) -> int:
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    timestamp_ms = (aware - _EPOCH) // _MILLISECOND
    if timestamp_ms < 0:
        raise _error(text, 0, "no record is older than 1970")
    return timestamp_ms


def _duration_ms(duration: timedelta) -> int:
    if duration < timedelta(0):
        raise _error(str(duration), 0, "a negative duration would lie in the future; give the time ago as positive")
    return duration // _MILLISECOND


def _digits_end(text: str, begin: int) -> int:
    match = _DIGITS.match(text, begin)
    return match.end() if match else begin


def _in_range(number: int, text: str) -> int:
    if number > MAX_OFFSET:
        raise _error(text, 0, f"no offset is above {MAX_OFFSET}")
    return number


def _unreadable(value: object, why: str) -> WindowError:
    return _error(repr(value), 0, why)


def _error(text: str, position: int, why: str) -> WindowError:
    return WindowError(
        f"The window bound {text!r} cannot be read at position {position}: {why}. "
        "Use start, end, an offset, -100, +100, -15m, @2026-11-23T10:00:00Z or group:NAME.",
        text=text,
        position=position,
    )
