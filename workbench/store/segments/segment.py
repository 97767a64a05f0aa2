"""A finished segment, and the positions that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PartitionRows:
    """The rows of one partition in a segment."""

    source_id: int
    partition: int
    first_offset: int
    last_offset: int
    rows: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished pair of files: raw and decoded rows in the same order."""

    segment_id: int
    records_file: str
    events_file: str
    rows: int
    records_bytes: int
    events_bytes: int
    records_crc32c: int
    events_crc32c: int
    partitions: tuple[PartitionRows, ...]


def partition_rows(records: pa.Table) -> list[PartitionRows]:
    """Summarise the positions of stored records, one entry for each source and partition."""
    found: dict[tuple[int, int], PartitionRows] = {}
    for batch in filter(len, records.select(["source_id", "partition", "offset"]).to_batches()):
        source, partition, offset = (_numbers(column) for column in batch.columns)
        # Rows of one partition stand together, so few runs are looked at.
        changes = np.flatnonzero((np.diff(source) != 0) | (np.diff(partition) != 0)) + 1
        for run in np.split(np.arange(batch.num_rows), changes):
            key = (int(source[run[0]]), int(partition[run[0]]))
            offsets = offset[run[0] : run[-1] + 1]
            new = PartitionRows(*key, int(offsets.min()), int(offsets.max()), len(run))
            found[key] = joined(found.get(key), new)
    return list(found.values())


def joined(before: PartitionRows | None, more: PartitionRows) -> PartitionRows:
    """Join two summaries of one partition."""
    if before is None:
        return more
    return PartitionRows(
        before.source_id,
        before.partition,
        min(before.first_offset, more.first_offset),
        max(before.last_offset, more.last_offset),
        before.rows + more.rows,
    )


def _numbers(column: pa.Array) -> NDArray[Any]:
    """Return a column of integers without nulls as they lie in memory."""
    kind: type[np.integer[Any]] = np.int32 if column.type == pa.int32() else np.int64
    return np.frombuffer(column.buffers()[1], kind)[column.offset : column.offset + len(column)]
