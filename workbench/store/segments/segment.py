"""A finished segment, and the positions that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


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
    grouped = records.group_by(["source_id", "partition"]).aggregate(
        [("offset", "min"), ("offset", "max"), ("offset", "count")]
    )
    names = ("source_id", "partition", "offset_min", "offset_max", "offset_count")
    return [PartitionRows(*row) for row in zip(*(grouped[name].to_pylist() for name in names), strict=True)]
