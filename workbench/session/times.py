"""Reads the times that users give to the methods of a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workbench.decoding.times import EPOCH, parse_time
from workbench.errors import WindowError
from workbench.model.selecting.window import At, parse_bound

if TYPE_CHECKING:
    from workbench.model.selecting.window import BoundLike


def moment(at: BoundLike | None) -> datetime | None:
    """Read a time, exact to the microsecond; None stays None, which means the end of the snapshot.

    Raises:
        WindowError: It is not a time but another bound, or cannot be read.
    """
    if isinstance(at, datetime):
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if isinstance(at, str) and at.startswith("@"):
        # A bound of a window ends at milliseconds, as records do; events have microseconds.
        micros = parse_time(at[1:], "rfc3339_or_utc").micros
        if micros is not None:
            return EPOCH + timedelta(microseconds=micros)
    at_ms = moment_ms(at)
    return None if at_ms is None else EPOCH + timedelta(milliseconds=at_ms)


def moment_ms(at: BoundLike | None) -> int | None:
    """Read a time as UTC milliseconds since 1970; see `moment`."""
    if at is None:
        return None
    bound = parse_bound(at)
    if not isinstance(bound, At):
        raise WindowError(f"{at!r} is no time: give a datetime or '@2026-01-01T10:00:00Z'.", text=str(at))
    return bound.timestamp_ms
