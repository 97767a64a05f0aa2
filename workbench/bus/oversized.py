"""Says of records above the limit that they were not read: a gap with their size, never a row without its value.

A row without its value would be taken for a tombstone by queries, exports and replays.
"""

from __future__ import annotations

from workbench.model.records.chunk import Gap
from workbench.text import size_text

DEFAULT_LARGEST = 64 << 20
"""Bytes of the largest record that is read, unless a log is told otherwise."""


def oversized_record(offset: int, size_bytes: int, largest: int) -> Gap:
    """Make the gap of one record of this size."""
    return Gap(f"oversized: a record of {size_text(size_bytes)}, {_limit(largest)}", offset, offset + 1)


def oversized_records(start: int, stop: int, largest: int) -> Gap:
    """Make the gap of records that can only be unpacked together."""
    return Gap(f"oversized: records that can only be unpacked together, {_limit(largest)}", start, stop)


def _limit(largest: int) -> str:
    return f"more than max_record_mb allows ({size_text(largest)})"
