"""Rows of the open tail, sealed batches, their transactions, and the result of reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from workbench.model.records.chunk import Isolation
    from workbench.model.records.record import HeaderList, NewRecord

_BATCH_BYTES = 512
"""Memory of a batch besides its data, so that ``max_bytes`` bounds many small ones too."""
BATCH_HEADER_BYTES = 61
RECORD_BYTES = 10
HEADER_BYTES = 4
"""Bytes that lengths and deltas take in a Kafka batch, estimated."""

# nulls, because pa.array imports pandas.
EMPTY: pa.RecordBatch = pa.RecordBatch.from_arrays([pa.nulls(0, f.type) for f in RECORD], schema=RECORD)


class Row(NamedTuple):
    """One record of the open tail."""

    timestamp_ms: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: HeaderList
    size: int
    """Bytes it would take in a Kafka batch of its own, estimated; limits and ``max_bytes`` count them."""

    @classmethod
    def of(cls, record: NewRecord, timestamp_ms: int, timestamp_type: int) -> Row:
        """Make the row of a record that is about to be appended."""
        size = BATCH_HEADER_BYTES + RECORD_BYTES + len(record.key or b"") + len(record.value or b"")
        for name, value in record.headers:
            size += HEADER_BYTES + len(name) + len(value or b"")
        return cls(timestamp_ms, timestamp_type, record.key, record.value, record.headers, size)


@dataclass(eq=False, slots=True)
class Transaction:
    """One transaction of a producer, from begin to commit or abort."""

    producer_id: int
    epoch: int
    state: Literal["open", "committed", "aborted"] = "open"


@dataclass(eq=False, slots=True)
class Batch:
    """Records of consecutive offsets, sealed together; a transaction marker takes one offset and has no record."""

    base: int
    next: int
    records: pa.RecordBatch
    serial: int
    transaction: Transaction | None = None
    control: bool = False

    @property
    def size(self) -> int:
        """Bytes that count towards ``max_bytes``."""
        return _BATCH_BYTES + int(self.records.nbytes)

    def between(self, start: int, stop: int) -> pa.RecordBatch:
        """Records with offsets in ``[start, stop)``, without a copy."""
        if start <= self.base and stop >= self.next:
            return self.records
        if self.records.num_rows == self.next - self.base:
            first, last = max(0, start - self.base), max(0, stop - self.base)
        else:
            offsets = self.records.column("offset").to_numpy()
            first, last = np.searchsorted(offsets, [start, stop]).tolist()
        return self.records.slice(first, max(0, last - first))


@dataclass(slots=True)
class ReadResult:
    """The records that one read of a partition found in ``[position, next)``."""

    records: list[pa.RecordBatch]
    next: int
    control: int = 0
    aborted: int = 0
    room: int = 0
    """Bytes that may still be added."""

    def add(self, batch: Batch, stop: int, isolation: Isolation) -> None:
        """Add the part of a batch from `next` up to ``stop``, as far as there is room."""
        until = min(stop, batch.next)
        if batch.control:
            self.control += 1
        else:
            records = batch.between(self.next, until)
            if isolation == "read_committed" and batch.transaction and batch.transaction.state == "aborted":
                self.aborted += records.num_rows
            elif records.num_rows:
                fitting = _fitting(records, self.room)
                if fitting < records.num_rows:
                    until = int(records.column("offset")[fitting].as_py())
                    records = records.slice(0, fitting)
                self.room -= int(records.nbytes)
                self.records.append(records)
        self.next = until


def _fitting(records: pa.RecordBatch, room: int) -> int:
    """Count the first rows that take at most ``room`` bytes; at least one, so that a large record is read too."""
    size = int(records.nbytes)
    if size <= room:
        return int(records.num_rows)
    low, high = 1, int(records.num_rows)
    while low < high:
        middle = (low + high + 1) // 2
        if int(records.slice(0, middle).nbytes) <= room:
            low = middle
        else:
            high = middle - 1
    return low
