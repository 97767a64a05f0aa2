"""Converts between Arrow columns (`workbench.model.records.columns.RECORD`) and single `Record` objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.model.records.columns import HEADERS, RECORD
from workbench.model.records.record import Record, TimestampType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.records.record import HeaderList


def header_column(headers: Sequence[HeaderList]) -> pa.Array:
    """Make the headers column of some records; names and values are kept byte for byte."""
    ends = [0]
    names: list[bytes] = []
    values: list[bytes | None] = []
    for of_record in headers:
        for name, value in of_record:
            names.append(name)
            values.append(value)
        ends.append(len(names))
    pairs = pa.StructArray.from_arrays(
        [pa.array(names, pa.binary()), pa.array(values, pa.binary())],
        fields=list(HEADERS.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pairs)


def record_columns(partition: int, offsets: pa.Array, columns: Sequence[pa.Array]) -> pa.RecordBatch:
    """Join the partition and its offsets with timestamp_ms, timestamp_type, key, value and headers."""
    same = pa.repeat(pa.scalar(partition, pa.int32()), len(offsets))
    return pa.RecordBatch.from_arrays([same, offsets, *columns], schema=RECORD)


def to_records(topic: str, records: pa.RecordBatch) -> list[Record]:
    """Make a `Record` of each row."""
    columns = [records.column(name).to_pylist() for name in RECORD.names]
    return [
        Record(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp_ms=timestamp_ms,
            timestamp_type=TimestampType(timestamp_type),
            key=key,
            value=value,
            headers=tuple((header["name"], header["value"]) for header in headers),
        )
        for partition, offset, timestamp_ms, timestamp_type, key, value, headers in zip(*columns, strict=True)
    ]
