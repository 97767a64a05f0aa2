"""Arithmetic on offset ranges: which offsets of a partition a capture still has to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.store import StoredRange

OffsetRange = tuple[int, int]
"""Offsets ``[start, stop)``."""


def unfinished(ranges: Iterable[StoredRange]) -> list[StoredRange]:
    """Return the bounded windows that did not reach their end, lowest offsets first."""
    return sorted(
        (r for r in ranges if r.state != "complete" and r.end is not None and r.next < r.end),
        key=lambda r: r.next,
    )


def without(wanted: OffsetRange, taken: Iterable[OffsetRange]) -> list[OffsetRange]:
    """Return the parts of a range that no other range covers, ascending."""
    left: list[OffsetRange] = []
    start, stop = wanted
    for begin, end in sorted(taken):
        if end <= start:
            continue
        if begin >= stop:
            break
        if begin > start:
            left.append((start, begin))
        start = max(start, end)
    if start < stop:
        left.append((start, stop))
    return left


def taken_by(ranges: Iterable[StoredRange]) -> list[OffsetRange]:
    """Return the ranges that are stored, and those that unfinished windows are going to store."""
    found: list[OffsetRange] = []
    for stored in ranges:
        found.append((stored.key.start, stored.next))
        # The rest of an unfinished window is captured first and by its own window, not a second time by a new one.
        if stored.state != "complete" and stored.end is not None:
            found.append((stored.next, stored.end))
    return found
