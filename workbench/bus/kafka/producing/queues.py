"""The records of a call, by partition, and the batches they are sent in: of single records, or of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from workbench.bus.kafka.producing.encoding import HEADER_BYTES, encode_batch, framed, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.bus.kafka.producing.columns import RecordColumns
    from workbench.bus.kafka.producing.encoding import ProducerFields
    from workbench.model.records.record import HeaderList, NewRecord, TopicPartition
    from workbench.model.records.written import WrittenColumns

    Content: TypeAlias = "tuple[bytes | None, bytes | None, HeaderList]"

BATCH_BYTES = 960 << 10
"""A little less than a topic takes by default (``max.message.bytes``, 1 MiB)."""
BATCH_RECORDS = 5_000


class Batch(Protocol):
    """Records of one partition that are sent together."""

    def __len__(self) -> int: ...
    def encode(self, producer: ProducerFields, codec: int) -> bytes:
        """Return them as one record batch, compressed by the codec of this code."""
        ...

    def halves(self) -> tuple[Self, Self]:
        """Split them in two batches."""
        ...

    def contents(self) -> Sequence[Content]:
        """Return key, value and headers of each, for looking them up on the log."""
        ...

    @property
    def rows(self) -> Sequence[int] | NDArray[np.int64]:
        """Index of each record among those of the call."""
        ...

    @property
    def timestamps(self) -> Sequence[int] | NDArray[np.int64]:
        """Milliseconds of each."""
        ...


class Queue(Protocol):
    """The records for one partition, in order."""

    @property
    def partition(self) -> TopicPartition: ...
    def batches(self) -> Iterator[Batch]:
        """Group the records into batches of bounded size."""
        ...


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Single records of one partition."""

    rows: Sequence[int]
    records: Sequence[NewRecord]
    timestamps: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def encode(self, producer: ProducerFields, codec: int) -> bytes:
        """Return them as one record batch, compressed by the codec of this code."""
        return encode_batch(self.records, self.timestamps, producer, codec)

    def halves(self) -> tuple[RecordBatch, RecordBatch]:
        """Split them in two batches."""
        middle = len(self) // 2
        return self._part(0, middle), self._part(middle, len(self))

    def _part(self, start: int, stop: int) -> RecordBatch:
        return RecordBatch(self.rows[start:stop], self.records[start:stop], self.timestamps[start:stop])

    def contents(self) -> list[Content]:
        """Return key, value and headers of each."""
        return [(record.key, record.value, tuple(record.headers)) for record in self.records]


@dataclass(slots=True)
class RecordQueue:
    """Single records for one partition."""

    partition: TopicPartition
    rows: list[int] = field(default_factory=list)
    records: list[NewRecord] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)

    def add(self, row: int, record: NewRecord, timestamp_ms: int) -> None:
        """Append a record."""
        self.rows.append(row)
        self.records.append(record)
        self.timestamps.append(timestamp_ms)

    def batches(self) -> Iterator[RecordBatch]:
        """Group the records into batches of bounded size."""
        whole = RecordBatch(self.rows, self.records, self.timestamps)
        for start, stop in bounds([size_of(record) for record in self.records]):
            yield whole._part(start, stop)  # noqa: SLF001 - of this module


@dataclass(frozen=True, slots=True)
class Columns:
    """Records of one topic in columns, as they are encoded and as they are read."""

    table: pa.RecordBatch
    encoder: RecordColumns
    written: WrittenColumns
    """Their outcomes."""


@dataclass(frozen=True, slots=True)
class ColumnBatch:
    """Rows of columns for one partition."""

    columns: Columns
    rows: NDArray[np.int64]
    timestamps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def encode(self, producer: ProducerFields, codec: int) -> bytes:
        """Return them as one record batch, compressed by the codec of this code."""
        body = self.columns.encoder.encode(self.rows, self.timestamps, HEADER_BYTES)
        base, largest = int(self.timestamps[0]), int(self.timestamps.max())
        return framed(body, len(self), base, largest, producer, codec=codec)

    def halves(self) -> tuple[ColumnBatch, ColumnBatch]:
        """Split them in two batches."""
        middle = len(self) // 2
        return self.part(0, middle), self.part(middle, len(self))

    def part(self, start: int, stop: int) -> ColumnBatch:
        """Return some of them."""
        return ColumnBatch(self.columns, self.rows[start:stop], self.timestamps[start:stop])

    def contents(self) -> list[Content]:
        """Return key, value and headers of each."""
        chosen = self.columns.table.take(self.rows)
        columns = (chosen.column(name).to_pylist() for name in ("key", "value", "headers"))
        return [
            (key, value, tuple((header["name"], header["value"]) for header in headers))
            for key, value, headers in zip(*columns, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class ColumnQueue:
    """Rows of columns for one partition, in order."""

    partition: TopicPartition
    whole: ColumnBatch
    sizes: NDArray[np.int64]
    """Most bytes of each row."""

    def batches(self) -> Iterator[ColumnBatch]:
        """Group the rows into batches of bounded size."""
        for start, stop in bounds(self.sizes):
            yield self.whole.part(start, stop)


def bounds(sizes: Sequence[int] | NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield start and stop of batches of at most `BATCH_BYTES` and `BATCH_RECORDS`; a larger record has its own."""
    ends = np.cumsum(np.asarray(sizes, np.int64))
    start, count = 0, len(ends)
    while start < count:
        room = BATCH_BYTES - HEADER_BYTES + (int(ends[start - 1]) if start else 0)
        fits = int(np.searchsorted(ends, room, side="right"))
        stop = max(start + 1, min(fits, start + BATCH_RECORDS))
        yield start, stop
        start = stop
