"""Units of bulk reading: what to read, what came, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.model.record import Record, TimestampType

if TYPE_CHECKING:
    import pyarrow as pa

Isolation: TypeAlias = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True, slots=True)
class Span:
    """What to read of one partition: pure data, picklable; a capture plan is a list of these."""

    topic: str
    partition: int
    start: int
    """First offset, inclusive."""
    stop: int | None
    """First offset not read; None follows the log for ever."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets that were asked for and could not be read."""

    reason: str
    """``expired`` (below the log start), ``truncated`` (above the end of a shrunken log) or ``corrupt``."""
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a partition, in ascending offsets, perhaps empty.

    ``[start, next)`` is what this chunk accounts for: records in ``records``, the rest control records, aborted data,
    offsets removed by compaction, or ``gaps``.
    """

    topic: str
    partition: int
    records: pa.RecordBatch
    """Columns of `workbench.model.columns.RECORD`."""
    start: int
    next: int
    end: int
    """Last stable offset (read_committed) or high watermark (read_uncommitted) seen with it."""
    control: int = 0
    aborted: int = 0
    gaps: tuple[Gap, ...] = ()

    def rows(self) -> list[Record]:
        """Single records, for people and the typed API; bulk paths use the columns."""
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
