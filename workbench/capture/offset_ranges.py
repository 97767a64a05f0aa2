"""Which offsets of a partition are owed: what was asked for, less what is stored, after what was begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.store.snapshot.provenance import StoredRange

OffsetRange = tuple[int, int]
"""Offsets ``[start, stop)``."""


def unfinished(ranges: Iterable[StoredRange]) -> list[StoredRange]:
    """Bounded windows that did not reach their end, oldest offsets first: a capture finishes them first."""
    return sorted(
        (r for r in ranges if r.state != "complete" and r.end is not None and r.next < r.end),
        key=lambda r: r.next,
    )


def without(wanted: OffsetRange, taken: Iterable[OffsetRange]) -> list[OffsetRange]:
    """Cut from a range what others cover; ascending."""
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
    """What is stored, and what unfinished windows are going to store."""
    found: list[OffsetRange] = []
    for stored in ranges:
        found.append((stored.key.start, stored.next))
        if stored.state != "complete" and stored.end is not None:
            found.append((stored.next, stored.end))
    return found
