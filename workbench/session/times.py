"""Reads the times that users give to the methods of a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.errors import WindowError
from workbench.model.selecting.window import At, parse_bound

if TYPE_CHECKING:
    from workbench.model.selecting.window import BoundLike


def moment(at: BoundLike | None) -> datetime | None:
    """Read a time; None stays None, which means the end of the snapshot.

    Raises:
        WindowError: It is not a time but another bound, or cannot be read.
    """
    at_ms = moment_ms(at)
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def moment_ms(at: BoundLike | None) -> int | None:
    """Read a time as UTC milliseconds since 1970; see `moment`."""
    if at is None:
        return None
    bound = parse_bound(at)
    if not isinstance(bound, At):
        raise WindowError(f"{at!r} is no time: give a datetime or '@2026-01-01T10:00:00Z'.", text=str(at))
    return bound.timestamp_ms
