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

EVENTS_LAYOUT = 2
"""Version of the event columns' names in new files; the table ``segments`` has the version of each segment."""

_FORMER_NAMES = {1: {"convention": "profile", "convention_version": "profile_version"}}


def former_names(schema: pa.Schema, layout: int) -> pa.Schema:
    """Give the columns of `STORED_EVENT` the names that they had in an earlier layout."""
    former = _FORMER_NAMES.get(layout, {})
    return pa.schema([field.with_name(former.get(field.name, field.name)) for field in schema])


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
        pa.field("undecodable", pa.int64(), nullable=False),
        pa.field("isolation", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
    ],
)
"""The provenance of a snapshot: what was captured, offsets ``[from, next)`` of each partition.

``end`` is where the window ends (null when it follows); ``state`` is ``running``, ``complete``, ``cancelled`` or
``failed``, and ``reason`` says why it stopped.
"""
