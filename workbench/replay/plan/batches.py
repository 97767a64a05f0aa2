"""Splits a run into batches. A batch is one transaction, small enough that a crash leaves few records in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.replay.plan.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.replay.options import Options

BATCH_RECORDS = 5_000
BATCH_BYTES = 16 << 20
BATCH_S = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Records sent together, in seq order."""

    seqs: tuple[int, ...]

    @property
    def first(self) -> int:
        """Smallest seq."""
        return self.seqs[0]

    @property
    def last(self) -> int:
        """Largest seq."""
        return self.seqs[-1]


def split(seqs: Sequence[int], sizes: Sequence[int], options: Options) -> Iterator[Batch]:
    """Split seqs into batches of at most 5,000 records, 16 MiB, and 5 s at the planned rates.

    Args:
        seqs: Records to send, ascending.
        sizes: Bytes of each of them.
        options: Rates.
    """
    pace = Pace(options.records_per_s, options.bytes_per_s)
    current: list[int] = []
    size, opened = 0, 0.0
    now = 0.0
    for seq, own in zip(seqs, sizes, strict=True):
        # The 5 s keep a transaction far below its timeout (60 s by default), also at a low rate.
        now = pace.take(own, now)
        full = len(current) == BATCH_RECORDS or size + own > BATCH_BYTES or now - opened > BATCH_S
        if current and full:
            yield Batch(tuple(current))
            current, size = [], 0
        if not current:
            opened = now
        current.append(seq)
        size += own
    if current:
        yield Batch(tuple(current))
