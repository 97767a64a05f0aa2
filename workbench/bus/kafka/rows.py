"""Columns back to single records, where a person or the typed API looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.record import Record, TimestampType

if TYPE_CHECKING:
    from workbench.model.chunk import Chunk


def to_records(chunk: Chunk) -> list[Record]:
    """Make a `Record` of each row."""
    return [
        Record(
            topic=chunk.topic,
            partition=row["partition"],
            offset=row["offset"],
            timestamp_ms=row["timestamp_ms"],
            timestamp_type=TimestampType(row["timestamp_type"]),
            key=row["key"],
            value=row["value"],
            headers=tuple((header["name"], header["value"]) for header in row["headers"]),
        )
        for row in chunk.records.to_pylist()
    ]
