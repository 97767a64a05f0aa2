"""One partition: sealed Arrow batches in offset order and an open tail of rows."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.memory.storage.batches import EMPTY, Batch, ReadResult
from workbench.bus.rows import header_column, record_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.bus.memory.storage.batches import Row, Transaction
    from workbench.model.records.chunk import Isolation
    from workbench.model.records.record import TopicPartition

_SEAL_ROWS = 4096
_SEAL_BYTES = 1 << 20


class PartitionLog:
    """Stores the records of one partition. Not safe for several threads."""

    def __init__(self, name: TopicPartition) -> None:
        self.name = name
        self.low = 0
        self.deleted = False
        self._batches: list[Batch] = []
        self._sealed = 0
        """Bytes of sealed batches."""
        self._tail: list[Row] = []
        self._tail_bytes = 0
        self._tail_serial = 0
        self._tail_transaction: Transaction | None = None
        self._tail_base = 0
        self._open: dict[Transaction, int] = {}
        """First offset of each open transaction."""

    @property
    def end(self) -> int:
        """One past the last record or marker: the high watermark."""
        return self._tail_base + len(self._tail)

    @property
    def stable(self) -> int:
        """The last stable offset: every transaction that began before it has ended."""
        # An open transaction may have begun below the log start, after delete_records or eviction.
        return max(self.low, min(self._open.values(), default=self.end))

    @property
    def size(self) -> int:
        """Bytes that count towards ``max_bytes``."""
        return self._sealed + self._tail_bytes

    @property
    def oldest_serial(self) -> float:
        """Serial number of the append that began its oldest batch; infinite for an empty log."""
        if self._batches:
            return self._batches[0].serial
        return self._tail_serial if self._tail else math.inf

    def end_for(self, isolation: Isolation) -> int:
        """The end for readers of this isolation: last stable offset or high watermark."""
        return self.stable if isolation == "read_committed" else self.end

    def append_rows(self, rows: Sequence[Row], serial: int, transaction: Transaction | None = None) -> int:
        """Append single records; returns the offset of the first."""
        # A batch belongs to one transaction or to none, so that a whole batch is committed or aborted.
        if self._tail and self._tail_transaction is not transaction:
            self.seal()
        base = self.end
        self._tail_transaction = transaction
        if not self._tail:
            self._tail_serial = serial
        self._enlist(transaction, base)
        self._tail += rows
        self._tail_bytes += sum(row.size for row in rows)
        if len(self._tail) >= _SEAL_ROWS or self._tail_bytes >= _SEAL_BYTES:
            self.seal()
        return base

    def append_columns(self, columns: Sequence[pa.Array], serial: int) -> int:
        """Append timestamp_ms, timestamp_type, key, value and headers as one batch; returns the first offset."""
        self.seal()
        base, count = self._tail_base, len(columns[0])
        offsets = pa.array(np.arange(base, base + count, dtype=np.int64))
        self._add(Batch(base, base + count, record_columns(self.name.partition, offsets, columns), serial))
        return base

    def takes_part_in(self, transaction: Transaction) -> bool:
        """Whether an open transaction wrote records here."""
        return transaction in self._open

    def append_marker(self, transaction: Transaction, serial: int) -> None:
        """Write the control record that commits or aborts a transaction in this partition."""
        self.seal()
        self._open.pop(transaction, None)
        self._add(Batch(self._tail_base, self._tail_base + 1, EMPTY, serial, transaction, control=True))

    def seal(self) -> None:
        """Turn the open tail into a batch."""
        if self._tail:
            records = self._tail_records(0, len(self._tail))
            batch = Batch(self._tail_base, self.end, records, self._tail_serial, self._tail_transaction)
            self._tail, self._tail_bytes = [], 0
            self._add(batch)

    def read(self, position: int, stop: int, max_bytes: int, isolation: Isolation) -> ReadResult:
        """Read about ``max_bytes`` of ``[position, stop)``; the position must lie inside the log."""
        stop = min(stop, self.end_for(isolation))
        found = ReadResult([], position, room=max(1, max_bytes))
        at = max(0, bisect_right(self._batches, position, key=lambda batch: batch.base) - 1)
        while found.next < stop and found.room > 0 and at < len(self._batches):
            if self._batches[at].next > found.next:
                before = found.next
                found.add(self._batches[at], stop, isolation)
                if found.next < min(stop, self._batches[at].next) or found.next == before:
                    return found
            at += 1
        if found.next < stop and found.room > 0 and at >= len(self._batches):
            found.add(self._tail_batch(found.next, stop), stop, isolation)
        return found

    def first_at(self, timestamp_ms: int) -> int | None:
        """Find the first offset whose timestamp is at or after a time; None when there is none."""
        for batch in [*self._batches, self._tail_batch(self._tail_base, self.end)]:
            records = batch.between(max(self.low, batch.base), batch.next)
            late = pc.greater_equal(records.column("timestamp_ms"), timestamp_ms)
            row = pc.index(late, True).as_py()
            if row >= 0:
                return int(records.column("offset")[row].as_py())
        return None

    def delete_before(self, offset: int) -> None:
        """Move the log start up."""
        if offset <= self.low:
            return
        self.seal()
        self.low = offset
        gone = bisect_right(self._batches, offset, key=lambda batch: batch.next)
        self._sealed -= sum(batch.size for batch in self._batches[:gone])
        del self._batches[:gone]

    def evict_oldest(self) -> tuple[int, int]:
        """Drop the oldest batch; returns the number of its records and bytes."""
        if not self._batches:
            self.seal()
        batch = self._batches[0]
        records = batch.between(max(self.low, batch.base), batch.next).num_rows
        self.delete_before(batch.next)
        return records, batch.size

    def punch_holes(self, offsets: Collection[int]) -> None:
        """Remove single records as compaction would; their offsets stay empty."""
        self.seal()
        gone = pa.array(sorted(offsets), pa.int64())
        for batch in self._batches:
            self._sealed -= batch.size
            batch.records = batch.records.filter(pc.invert(pc.is_in(batch.records.column("offset"), gone)))
            self._sealed += batch.size

    def _add(self, batch: Batch) -> None:
        self._batches.append(batch)
        self._sealed += batch.size
        self._tail_base = batch.next
        self._tail_transaction = None

    def _enlist(self, transaction: Transaction | None, base: int) -> None:
        if transaction is not None:
            self._open.setdefault(transaction, base)

    def _tail_batch(self, start: int, stop: int) -> Batch:
        first, last = start - self._tail_base, min(stop, self.end) - self._tail_base
        records = self._tail_records(first, last) if last > first else EMPTY
        return Batch(start, self._tail_base + last, records, self._tail_serial, self._tail_transaction)

    def _tail_records(self, first: int, last: int) -> pa.RecordBatch:
        times, types, keys, values, headers, _ = zip(*self._tail[first:last], strict=True)
        columns = [
            pa.array(times, pa.int64()),
            pa.array(types, pa.int8()),
            pa.array(keys, pa.binary()),
            pa.array(values, pa.binary()),
            header_column(headers),
        ]
        offsets = pa.array(np.arange(self._tail_base + first, self._tail_base + last, dtype=np.int64))
        return record_columns(self.name.partition, offsets, columns)
