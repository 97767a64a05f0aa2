"""Splits a run into batches. A batch is one transaction, small enough that a crash leaves few records in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.plan.pace import planned_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.replay.options import Options
    from workbench.replay.records.raw_rows import Longs

BATCH_RECORDS = 40_000
BATCH_BYTES = 32 << 20
BATCH_S = 1.0
"""A brake is looked at every second, and a run is paused between two batches."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records sent together, in seq order."""

    seqs: Longs

    @property
    def first(self) -> int:
        """Smallest seq."""
        return int(self.seqs[0])

    @property
    def last(self) -> int:
        """Largest seq."""
        return int(self.seqs[-1])


def split(seqs: Longs, sizes: Longs, times: Longs, options: Options) -> Iterator[Batch]:
    """Split seqs into batches of at most 40,000 records, 32 MiB, and 1 s at the planned pace.

    Args:
        seqs: Records to send, ascending.
        sizes: Bytes of each of them.
        times: Original timestamp of each of them.
        options: Pace and rates.
    """
    # It also keeps a transaction far below its timeout (60 s by default), at a low rate, too.
    due = planned_due(sizes, times, options)
    ends = np.cumsum(sizes)
    start = 0
    while start < len(seqs):
        stop = bounded(ends, start, BATCH_RECORDS, BATCH_BYTES)
        if due is not None:
            stop = max(start + 1, min(stop, int(np.searchsorted(due, due[start] + BATCH_S, side="right"))))
        yield Batch(seqs[start:stop])
        start = stop


def bounded(ends: Longs, start: int, most_records: int, most_bytes: int) -> int:
    """Return where a piece ends that begins at a record: so many records and bytes at most, but one record at least.

    Args:
        ends: Bytes of all records up to the end of each.
        start: The first record of the piece.
        most_records: Records of the piece.
        most_bytes: Bytes of the piece.
    """
    room = most_bytes + (int(ends[start - 1]) if start else 0)
    return max(start + 1, min(start + most_records, int(np.searchsorted(ends, room, side="right"))))
