"""Finds the records of a run on its target: by provenance headers, or by position where they carry none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.model import TopicPartition
from workbench.replay.records.digest import body_sha256
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_headers import ID, SEQ
from workbench.replay.target.reading import read_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.proof.expected import ExpectedRecords
    from workbench.replay.proof.ledger import LedgerRows

UNREADABLE = -1
"""Seq of a record that carries this run's id and no readable seq."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record of the run, as it was read from the target."""

    seq: int
    at: TopicPartition
    offset: int
    timestamp_ms: int
    timestamp_type: int
    body_sha256: bytes


@dataclass
class Arrivals:
    """All records of a run that were read from the target."""

    found: list[Arrival] = field(default_factory=list)
    """In offset order of each partition."""
    others: int = 0
    lookalikes: int = 0
    """Records without provenance headers that equal a planned one, at a position that is not in the ledger."""
    gaps: int = 0
    """Offsets that could not be read."""
    compacted: int = 0
    """Offsets without a record that are no gap: compaction has removed what was there."""


async def collect(
    log: RecordLog,
    expected: ExpectedRecords,
    ledger: LedgerRows,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> Arrivals:
    """Read the target between two positions and pick the run's records."""
    picker = _Picker(expected, ledger)
    async for chunk in read_target(log, starts, ends):
        await asyncio.to_thread(picker.take, chunk)
    return picker.arrivals


class _Picker:
    """Picks the records of a run out of chunks."""

    def __init__(self, expected: ExpectedRecords, ledger: LedgerRows) -> None:
        self.arrivals = Arrivals()
        self._run = expected.run_id.encode()
        self._marked = expected.marked
        self._by_position = ledger.by_position()
        self._planned = set() if self._marked else set(expected.digests.values())

    def take(self, chunk: Chunk) -> None:
        """Pick the run's records of one chunk."""
        gaps = sum(gap.stop - gap.start for gap in chunk.gaps)
        self.arrivals.gaps += gaps
        told = chunk.records.num_rows + chunk.control + chunk.aborted + gaps
        self.arrivals.compacted += max(0, chunk.next - chunk.start - told)
        if not chunk.records.num_rows:
            return
        at = TopicPartition(chunk.topic, chunk.partition)
        rows = RawRows(chunk.records)
        columns = (chunk.records.column(name).to_pylist() for name in ("offset", "timestamp_ms", "timestamp_type"))
        offsets, times, kinds = columns
        seqs = self._marked_seqs(rows) if self._marked else self._known_seqs(at, offsets)
        for row, seq in seqs.items():
            digest = body_sha256(rows.keys[row], rows.values[row], rows.headers(row))
            self.arrivals.found.append(Arrival(seq, at, offsets[row], times[row], kinds[row], digest))
        self.arrivals.others += len(rows) - len(seqs)
        if not self._marked:
            rest = (row for row in range(len(rows)) if row not in seqs)
            digests = (body_sha256(rows.keys[row], rows.values[row], rows.headers(row)) for row in rest)
            self.arrivals.lookalikes += sum(digest in self._planned for digest in digests)

    def _marked_seqs(self, rows: RawRows) -> dict[int, int]:
        own = dict.fromkeys((row for row, content in rows.named(ID) if content == self._run), UNREADABLE)
        for row, content in rows.named(SEQ):
            if row in own and (content or b"").isdigit():
                own[row] = int(content or b"0")
        return own

    def _known_seqs(self, at: TopicPartition, offsets: list[int]) -> dict[int, int]:
        known = ((row, self._by_position.get((at, offset))) for row, offset in enumerate(offsets))
        return {row: seq for row, seq in known if seq is not None}
