"""How a run is cut: one chunk is one transaction, small enough that little is ever in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.replay.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.replay.options import Options

CHUNK_RECORDS = 5_000
CHUNK_BYTES = 16 << 20
CHUNK_S = 5.0


@dataclass(frozen=True, slots=True)
class ChunkOfRun:
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

    def halves(self) -> tuple[ChunkOfRun, ChunkOfRun]:
        """Both halves of a chunk of at least two records."""
        middle = len(self.seqs) // 2
        return ChunkOfRun(self.seqs[:middle]), ChunkOfRun(self.seqs[middle:])


def split(seqs: Sequence[int], sizes: Sequence[int], options: Options) -> Iterator[ChunkOfRun]:
    """Cut seqs into chunks of at most 5,000 records, 16 MiB, and 5 s at the planned rates.

    Args:
        seqs: What is sent, ascending.
        sizes: Bytes of each of them.
        options: Rates.
    """
    pace = Pace(options.records_per_s, options.bytes_per_s)
    current: list[int] = []
    size, opened = 0, 0.0
    now = 0.0
    for seq, own in zip(seqs, sizes, strict=True):
        now = pace.take(own, now)
        full = len(current) == CHUNK_RECORDS or size + own > CHUNK_BYTES or now - opened > CHUNK_S
        if current and full:
            yield ChunkOfRun(tuple(current))
            current, size = [], 0
        if not current:
            opened = now
        current.append(seq)
        size += own
    if current:
        yield ChunkOfRun(tuple(current))
