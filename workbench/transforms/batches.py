"""Cuts columns of records into the batches that a transform reads: consecutive offsets, at most 500 records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model import TimestampType
from workbench.transforms.limits import MOST_BATCH_RECORDS
from workbench.transforms.payload import encode_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_APPEND_TIME_BIT = 0x08
_BATCH_BYTES = 8 << 20
_SLICE_ROWS = 64


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record as the guest reads it, with its own offset and timestamp."""

    offset: int
    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Records with consecutive offsets and one timestamp type."""

    partition: int
    append_time: bool
    records: tuple[SourceRecord, ...]

    @property
    def attributes(self) -> int:
        """The attributes of the batch: only the bit of the timestamp type is known."""
        return _APPEND_TIME_BIT if self.append_time else 0

    @property
    def max_timestamp_ms(self) -> int:
        """The largest timestamp."""
        return max(record.timestamp_ms for record in self.records)

    @property
    def largest_payload(self) -> int:
        """Bytes of the largest payload: the buffer that the guest needs."""
        return max(len(record.payload) for record in self.records)

    def after(self, index: int) -> Batch | None:
        """Return the records behind one of them; None where there are none."""
        rest = self.records[index + 1 :]
        return Batch(self.partition, self.append_time, rest) if rest else None


def cut_batches(records: pa.RecordBatch | pa.Table) -> Iterator[Batch]:
    """Yield the batches of columns that hold records of one topic, ordered by partition and offset.

    A batch ends where an offset is missing, the timestamp type changes, or records with LogAppendTime have another
    time: a broker gives all records of such a batch the same.
    """
    pending: list[SourceRecord] = []
    size = 0
    state: tuple[int, int] = (0, 0)
    for row in _rows(records):
        kind = row["timestamp_type"]
        found = (row["partition"], kind)
        record = SourceRecord(
            row["offset"],
            row["timestamp_ms"],
            encode_payload(
                row["key"], row["value"], [(one["name"] or b"", one["value"]) for one in row["headers"] or ()]
            ),
        )
        if pending and (
            found != state
            or record.offset != pending[-1].offset + 1
            or len(pending) == MOST_BATCH_RECORDS
            or size + len(record.payload) > _BATCH_BYTES
            or (kind == TimestampType.APPEND and record.timestamp_ms != pending[-1].timestamp_ms)
        ):
            yield _batch(state, pending)
            pending, size = [], 0
        pending.append(record)
        size, state = size + len(record.payload), found
    if pending:
        yield _batch(state, pending)


def _rows(records: pa.RecordBatch | pa.Table) -> Iterator[dict[str, Any]]:
    # Some rows at a time: Python objects of a whole table of large values would double its memory.
    for begin in range(0, records.num_rows, _SLICE_ROWS):
        yield from records.slice(begin, _SLICE_ROWS).to_pylist()


def _batch(state: tuple[int, int], records: list[SourceRecord]) -> Batch:
    partition, kind = state
    return Batch(partition, kind == TimestampType.APPEND, tuple(records))
