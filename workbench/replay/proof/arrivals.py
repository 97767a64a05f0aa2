"""Finds the records of a run on its target: by provenance headers, or by position where they carry none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model import TopicPartition
from workbench.replay.proof.ledger import rows_of
from workbench.replay.records.digest import body_digests
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_headers import ID, SEQ
from workbench.replay.target.reading import read_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.proof.expected import ExpectedRecords
    from workbench.replay.proof.ledger import LedgerRows
    from workbench.replay.records.raw_rows import Longs

UNREADABLE = -1
"""Seq of a record that carries this run's id and no readable seq."""
_SEQ = r"^[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Records of the run that were read from one chunk of the target, in offset order."""

    at: TopicPartition
    seqs: Longs
    offsets: Longs
    times: Longs
    kinds: NDArray[np.int8]
    """Types of the timestamps."""
    equal: NDArray[np.bool_]
    """Whether the body is the planned one; true where nothing is planned."""


@dataclass
class Arrivals:
    """All records of a run that were read from the target."""

    parts: list[Arrived] = field(default_factory=list)
    """In offset order of each partition."""
    others: int = 0
    lookalikes: int = 0
    """Records without provenance headers that equal a planned one, at a position that is not in the ledger."""
    gaps: int = 0
    """Offsets that could not be read."""
    compacted: int = 0
    """Offsets without a record that are no gap: compaction has removed what was there."""

    @property
    def seqs(self) -> Longs:
        """The seqs of all records of the run, in the order of ``parts``."""
        return np.concatenate([np.empty(0, np.int64), *(part.seqs for part in self.parts)])


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
        self._expected = expected
        self._ledger = ledger
        planned = () if expected.marked else map(bytes, expected.digests)
        self._planned = set(planned)

    def take(self, chunk: Chunk) -> None:
        """Pick the run's records of one chunk."""
        gaps = sum(gap.stop - gap.start for gap in chunk.gaps)
        self.arrivals.gaps += gaps
        told = chunk.records.num_rows + chunk.control + chunk.aborted + gaps
        self.arrivals.compacted += max(0, chunk.next - chunk.start - told)
        if not chunk.records.num_rows:
            return
        at = TopicPartition(chunk.topic, chunk.partition)
        offsets = chunk.records.column("offset").to_numpy()
        rows, seqs = self._marked(chunk) if self._expected.marked else self._ledger.seqs_at(at, offsets)
        self.arrivals.others += chunk.records.num_rows - len(rows)
        if len(rows):
            self.arrivals.parts.append(self._arrived(chunk, at, rows, seqs))
        if not self._expected.marked and len(rows) < chunk.records.num_rows:
            rest = np.setdiff1d(np.arange(chunk.records.num_rows), rows)
            found = body_digests(chunk.records.take(pa.array(rest)))
            self.arrivals.lookalikes += sum(digest.tobytes() in self._planned for digest in found)

    def _arrived(self, chunk: Chunk, at: TopicPartition, rows: Longs, seqs: Longs) -> Arrived:
        records = chunk.records
        if len(rows) < records.num_rows:
            records = records.take(pa.array(rows))
        digests = body_digests(records)
        planned, known = self._expected.rows_of(seqs)
        equal = ~known
        equal[known] = (digests[known] == self._expected.digests[planned[known]]).all(axis=1)
        offsets, times, kinds = (
            records.column(name).to_numpy() for name in ("offset", "timestamp_ms", "timestamp_type")
        )
        return Arrived(at, seqs, offsets, times, kinds, equal)

    def _marked(self, chunk: Chunk) -> tuple[Longs, Longs]:
        """Return the rows that carry this run's id, and their seqs."""
        rows = RawRows(chunk.records)
        holders, ids = rows.named_columns(ID)
        own = np.unique(holders[pc.fill_null(pc.equal(ids, self._expected.run_id.encode()), False).to_numpy()])
        seqs = np.full(len(own), UNREADABLE, np.int64)
        numbered, contents = rows.named_columns(SEQ)
        readable = pc.fill_null(pc.match_substring_regex(contents, _SEQ), False).to_numpy()
        numbers = pc.cast(pc.cast(contents.filter(pa.array(readable)), pa.string()), pa.int64()).to_numpy()
        where, is_own = rows_of(own, numbered[readable])
        seqs[where[is_own]] = numbers[is_own]
        return own, seqs
