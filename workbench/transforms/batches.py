"""Cuts columns of records into the batches that a transform reads: consecutive offsets, at most 500 records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.model import TimestampType
from workbench.transforms.limits import MOST_BATCH_RECORDS
from workbench.transforms.payload import encode_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

_APPEND_TIME_BIT = 0x08
_BATCH_BYTES = 8 << 20
_SLICE_ROWS = 256


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
    for found, offset, timestamp_ms, payload in _rows(records):
        if pending and (
            found != state
            or offset != pending[-1].offset + 1
            or len(pending) == MOST_BATCH_RECORDS
            or size + len(payload) > _BATCH_BYTES
            or (found[1] == TimestampType.APPEND and timestamp_ms != pending[-1].timestamp_ms)
        ):
            yield _batch(state, pending)
            pending, size = [], 0
        pending.append(SourceRecord(offset, timestamp_ms, payload))
        size, state = size + len(payload), found
    if pending:
        yield _batch(state, pending)


def _rows(records: pa.RecordBatch | pa.Table) -> Iterator[tuple[tuple[int, int], int, int, bytes]]:
    """Yield partition and timestamp type, offset, timestamp and payload of each record."""
    # Some rows at a time: Python objects of a whole table of large values would double its memory.
    for begin in range(0, records.num_rows, _SLICE_ROWS):
        part = records.slice(begin, _SLICE_ROWS)
        kinds = zip(part.column("partition").to_pylist(), part.column("timestamp_type").to_pylist(), strict=True)
        numbers = (part.column(name).to_pylist() for name in ("offset", "timestamp_ms"))
        keys, values = (part.column(name).to_pylist() for name in ("key", "value"))
        payloads = map(encode_payload, keys, values, _headers(part.column("headers")))
        yield from zip(kinds, *numbers, payloads, strict=True)


def _headers(column: pa.Array | pa.ChunkedArray) -> Iterator[list[tuple[bytes, bytes | None]]]:
    """Yield the headers of each record; name and value as columns, because a dict for each header takes long."""
    for array in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        counts = array.value_lengths().to_pylist()
        entries = array.flatten()
        names, values = entries.field("name").to_pylist(), entries.field("value").to_pylist()
        at = 0
        for count in counts:
            end = at + (count or 0)
            yield [(name or b"", value) for name, value in zip(names[at:end], values[at:end], strict=True)]
            at = end


def _batch(state: tuple[int, int], records: list[SourceRecord]) -> Batch:
    partition, kind = state
    return Batch(partition, kind == TimestampType.APPEND, tuple(records))
