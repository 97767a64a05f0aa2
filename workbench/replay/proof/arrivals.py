"""Finds the records of a run on its target: by provenance headers, or by position where they carry none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model import TopicPartition
from workbench.replay.records.digest import body_digests, digest_column
from workbench.replay.records.past_replays import ID
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_headers import SEQ
from workbench.replay.target.reading import read_target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from numpy.typing import NDArray

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.records.digest import Digests
    from workbench.replay.records.raw_rows import Longs
    from workbench.store.journal import RunLedger

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
    digests: Digests


class Picker:
    """Picks the records of a run out of chunks of its target, and counts what else is there.

    Args:
        run_id: The run.
        marked: Its records carry provenance headers.
        ledger: The ledger, by which records without them are known.
        until: Where the run's own records end, for each target partition; by default not known.
    """

    def __init__(
        self, run_id: str, ledger: RunLedger, *, marked: bool, until: Mapping[TopicPartition, int] | None = None
    ) -> None:
        self.others = 0
        self.later = 0
        """Records of others behind those of the run."""
        self.lookalikes = 0
        """Records without provenance headers that equal a planned one, at a position that is not in the ledger."""
        self.gaps = 0
        """Offsets that could not be read."""
        self.compacted = 0
        """Offsets without a record that are no gap: compaction has removed what was there."""
        self._run_id = run_id.encode()
        self._marked_run = marked
        self._ledger = ledger
        self._until = until or {}

    def take(self, chunk: Chunk) -> Arrived | None:
        """Pick the run's records of one chunk; None where it has none."""
        gaps = sum(gap.stop - gap.start for gap in chunk.gaps)
        self.gaps += gaps
        told = chunk.records.num_rows + chunk.control + chunk.aborted + gaps
        self.compacted += max(0, chunk.next - chunk.start - told)
        if not chunk.records.num_rows:
            return None
        at = TopicPartition(chunk.topic, chunk.partition)
        rows, seqs = self._marked(chunk) if self._marked_run else self._at_positions(chunk)
        others = chunk.records.num_rows - len(rows)
        later = self._later(at, np.delete(chunk.records.column("offset").to_numpy(), rows)) if others else 0
        self.others += others - later
        self.later += later
        if others and not self._marked_run:
            rest = np.setdiff1d(np.arange(chunk.records.num_rows), rows)
            found = body_digests(chunk.records.take(pa.array(rest)))
            self.lookalikes += self._ledger.with_bodies(digest_column(found))
        if not len(rows):
            return None
        records = chunk.records.take(pa.array(rows)) if others else chunk.records
        offsets, times, kinds = (
            records.column(name).to_numpy() for name in ("offset", "timestamp_ms", "timestamp_type")
        )
        return Arrived(at, seqs, offsets, times, kinds, body_digests(records))

    def _later(self, at: TopicPartition, offsets: Longs) -> int:
        end = self._until.get(at)
        return 0 if end is None else int(np.count_nonzero(offsets >= end))

    def _at_positions(self, chunk: Chunk) -> tuple[Longs, Longs]:
        """Return the rows whose positions are in the ledger, and their seqs."""
        offsets = chunk.records.column("offset").to_numpy()
        seqs, known = self._ledger.written_at(chunk.topic, chunk.partition, int(offsets[0]), int(offsets[-1]))
        if not len(known):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        found = np.minimum(np.searchsorted(known, offsets), len(known) - 1)
        rows = np.flatnonzero(known[found] == offsets)
        return rows, seqs[found[rows]]

    def _marked(self, chunk: Chunk) -> tuple[Longs, Longs]:
        """Return the rows that carry this run's id, and their seqs."""
        rows = RawRows(chunk.records)
        holders, ids = rows.named_columns(ID)
        own = np.unique(holders[pc.fill_null(pc.equal(ids, self._run_id), False).to_numpy()])
        seqs = np.full(len(own), UNREADABLE, np.int64)
        numbered, contents = rows.named_columns(SEQ)
        readable = pc.fill_null(pc.match_substring_regex(contents, _SEQ), False).to_numpy()
        numbers = pc.cast(pc.cast(contents.filter(pa.array(readable)), pa.string()), pa.int64()).to_numpy()
        place = np.full(chunk.records.num_rows, -1, np.int64)
        place[own] = np.arange(len(own))
        where = place[numbered[readable]]
        seqs[where[where >= 0]] = numbers[where >= 0]
        return own, seqs


async def arrivals(
    log: RecordLog, picker: Picker, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Arrived]:
    """Read the target between two positions and yield the run's records, in offset order of each partition."""
    async for chunk in read_target(log, starts, ends):
        found = await asyncio.to_thread(picker.take, chunk)
        if found is not None:
            yield found
