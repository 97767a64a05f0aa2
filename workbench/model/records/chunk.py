"""Defines the units of bulk reading: offset ranges to read, chunks of records, and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.model.records.record import Record, TimestampType

if TYPE_CHECKING:
    import pyarrow as pa

Isolation: TypeAlias = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True, slots=True)
class Span:
    """Offset range of one partition to read. It can be pickled; a capture plan is a list of spans."""

    topic: str
    partition: int
    start: int
    """First offset, inclusive."""
    stop: int | None
    """End offset, exclusive; None follows the log without end."""
    topic_id: str | None = None
    """Identity that the topic must have; where it is None, the topic that is found when reading begins."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Range of requested offsets that could not be read."""

    reason: str
    """``expired`` (below the log start), ``truncated`` (above the end of a shrunken log), ``corrupt``, or a text that
    begins with ``oversized`` and names the size of a record above the limit."""
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one partition in ascending offsets; it can be empty.

    The chunk covers the offsets ``[start, next)``: records in ``records``, the rest control records, aborted data,
    offsets removed by compaction, or ``gaps``.
    """

    topic: str
    partition: int
    records: pa.RecordBatch
    """Columns of `workbench.model.records.columns.RECORD`."""
    start: int
    next: int
    end: int
    """Last stable offset (read_committed) or high watermark (read_uncommitted) seen with it."""
    control: int = 0
    aborted: int = 0
    gaps: tuple[Gap, ...] = ()

    def rows(self) -> list[Record]:
        """Yield the records one by one; code that handles many records uses the columns."""
        return [
            Record(
                self.topic,
                row["partition"],
                row["offset"],
                row["timestamp_ms"],
                TimestampType(row["timestamp_type"]),
                row["key"],
                row["value"],
                tuple((header["name"], header["value"]) for header in row["headers"]),
            )
            for row in self.records.to_pylist()
        ]
