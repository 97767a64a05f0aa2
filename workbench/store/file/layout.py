"""Defines the Arrow schemas of stored rows: the shared columns and the source of each row."""

from __future__ import annotations

import pyarrow as pa

from workbench.model.records.columns import EVENT, RECORD

SOURCE_ID = pa.field("source_id", pa.int32(), nullable=False)
TIMESTAMP_FIELDS = [RECORD.field("timestamp_ms"), RECORD.field("timestamp_type")]

STORED_RECORD = pa.schema([SOURCE_ID, *RECORD])
"""Schema of raw records in segments and packed tables."""

STORED_EVENT = pa.schema([SOURCE_ID, *list(EVENT)[:2], *TIMESTAMP_FIELDS, *list(EVENT)[2:]])
"""Schema of decoded events; the record's timestamp is repeated so that a filter by time needs no join."""

EVENTS_LAYOUT = 5
"""Version of the event columns in new files; the table ``segments`` has the version of each segment."""

_FORMER_NAMES = {1: {"convention": "profile", "convention_version": "profile_version"}}
_ADDED = {"format": 3, "damage": 3, "raw_reason": 4, "decoded": 4, "decoded_key": 5}
"""Layout in which each column came that the first one had not."""


def former_columns(layout: int) -> dict[str, str | None]:
    """Return the name that each column of `STORED_EVENT` had in a layout; None for those that it had not."""
    former = _FORMER_NAMES.get(layout, {})
    return {name: former.get(name, name) if _ADDED.get(name, 1) <= layout else None for name in STORED_EVENT.names}


def in_layout(rows: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Bring the columns of a schema into its order and types; those that have their type already are not touched.

    Raises:
        ValueError: A column that has to have values has none in some row.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
    for name in [field.name for field in schema if not field.nullable]:
        if nulls := table[name].null_count:
            raise ValueError(f"The column {name} has {nulls} rows without a value.")
    # What is decoded and captured has the layout already, and a look at each column takes as long as to decode 20 rows.
    if table.schema.equals(schema):
        return table
    # A cast loads all functions of Arrow, which is a tenth of a command's start.
    columns = [table[field.name] for field in schema]
    cast = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.table(cast, schema=schema)


GAP = pa.struct([("reason", pa.string()), ("start", pa.int64()), ("stop", pa.int64())])

RANGES = pa.schema(
    [
        pa.field("capture_id", pa.string(), nullable=False),
        SOURCE_ID,
        pa.field("cluster_id", pa.string()),
        pa.field("cluster", pa.string()),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("topic_id", pa.string()),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("from", pa.int64(), nullable=False),
        pa.field("next", pa.int64(), nullable=False),
        pa.field("end", pa.int64()),
        pa.field("gaps", pa.list_(GAP), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
        pa.field("control", pa.int64(), nullable=False),
        pa.field("aborted", pa.int64(), nullable=False),
        pa.field("missing", pa.int64()),
        pa.field("compacted", pa.int64()),
        pa.field("without_envelope", pa.int64()),
        pa.field("raw", pa.int64()),
        pa.field("damaged", pa.int64()),
        pa.field("isolation", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
    ],
)
"""The provenance of a snapshot: what was captured, offsets ``[from, next)`` of each partition.

``end`` is where the window ends (null when it follows); ``state`` is ``running``, ``complete``, ``incomplete`` (it
reached its end, but offsets are missing), ``cancelled`` or ``failed``, and ``reason`` says why it stopped. ``missing``
counts the offsets in ``gaps``: records that may have been there and could not be read. ``compacted`` counts the offsets
that are in no other count: the log has no record there, because compaction removed it.

``without_envelope``, ``raw`` and ``damaged`` count as `workbench.model.events.value_counts.ValueCounts`; they are null
in a file of an earlier version, until its records are decoded again.
"""
