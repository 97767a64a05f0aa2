"""Defines the columns that a search reads and keeps, and turns rows of them into records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.model.records.chunk import Chunk
from workbench.model.records.columns import EVENT, RECORD
from workbench.model.records.record import Record, TimestampType

if TYPE_CHECKING:
    from collections.abc import Collection

_LAST_TIMESTAMP_MS = 253_402_300_799_999
"""The last millisecond of the year 9999; what lies beyond is no time that can be written."""

_DECODED = [field for field in EVENT if field.name not in ("partition", "offset")]
DECODED_NAMES = frozenset(field.name for field in _DECODED)

SEARCHED = pa.schema(
    [pa.field("topic", pa.string(), nullable=False), *RECORD, pa.field("timestamp", pa.timestamp("us")), *_DECODED]
)
"""Columns that a condition can name, and of every record that was found: those of ``records`` and ``events``."""


def columns_of(
    topic: str, records: pa.RecordBatch, decoded: pa.RecordBatch | None, names: Collection[str] | None = None
) -> pa.Table:
    """Make a table of `SEARCHED`, or of some of its columns.

    Args:
        topic: The topic of the records.
        records: Columns of `RECORD`.
        decoded: Columns of `EVENT` for the same rows; where it is None, or has not a column, that is null.
        names: The columns that are wanted, beside the offset; by default all.
    """
    rows, arrays, fields = records.num_rows, [], []
    # Without any column the table would have no rows, and a condition like `true` no record to be true of.
    wanted = None if names is None else {*names, "offset"}
    for field in SEARCHED:
        if wanted is not None and field.name not in wanted:
            continue
        fields.append(field.with_nullable(True))
        if field.name == "topic":
            arrays.append(pa.array([topic], pa.string()).take(pa.array(np.zeros(rows, dtype=np.int64))))
        elif field.name == "timestamp":
            arrays.append(_timestamps(records.column("timestamp_ms")))
        elif field.name in RECORD.names:
            arrays.append(records.column(field.name))
        elif decoded is not None and field.name in decoded.schema.names:
            arrays.append(decoded.column(field.name))
        else:
            arrays.append(pa.nulls(rows, field.type))
    return pa.table(arrays, schema=pa.schema(fields))


def _timestamps(milliseconds: pa.Array) -> pa.Array:
    values = milliseconds.to_numpy(zero_copy_only=False)
    written = (values >= 0) & (values <= _LAST_TIMESTAMP_MS)
    return pa.array(np.where(written, values, 0) * 1000, pa.timestamp("us"), mask=~written)


def chunks_of(found: pa.Table) -> list[Chunk]:
    """Return rows of `SEARCHED` as chunks of one record each, for what wants chunks."""
    raw = found.select(RECORD.names).cast(RECORD)
    return [
        Chunk(topic, partition, raw.slice(row, 1).combine_chunks().to_batches()[0], offset, offset + 1, offset + 1)
        for row, (topic, partition, offset) in enumerate(
            zip(*(found[name].to_pylist() for name in ("topic", "partition", "offset")), strict=True)
        )
    ]


def records_of(found: pa.Table) -> list[Record]:
    """Return rows of `SEARCHED` as records."""
    names = ["topic", *RECORD.names]
    return [
        Record(
            row["topic"],
            row["partition"],
            row["offset"],
            row["timestamp_ms"],
            TimestampType(row["timestamp_type"]),
            row["key"],
            row["value"],
            tuple((header["name"], header["value"]) for header in row["headers"]),
        )
        for row in found.select(names).to_pylist()
    ]
