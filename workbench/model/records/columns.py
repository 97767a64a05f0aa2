"""Defines the Arrow schemas that several packages share: raw records and decoded events."""

from __future__ import annotations

import pyarrow as pa

HEADERS = pa.list_(pa.struct([pa.field("name", pa.binary()), pa.field("value", pa.binary())]))

MASKED_HEADER = "x-workbench-masked"
"""Header that is added to a record of which parts were masked; its value names them: key, value, headers."""

RECORD = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp_ms", pa.int64(), nullable=False),
        pa.field("timestamp_type", pa.int8(), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("headers", HEADERS, nullable=False),
    ],
)
"""Raw columns of one topic, as read."""

UNTIMED_RECORD = pa.schema([field.with_nullable(field.name not in {"partition", "offset"}) for field in RECORD])
"""The same as an HTTP proxy gives them: times and headers are null, because nobody knows them."""

_TEXT = pa.string()
_TIME = pa.timestamp("us")

CAUSE = pa.struct([("target", _TEXT), ("value", _TEXT), ("via", _TEXT), ("rank", pa.int32())])
TRACE = pa.struct(
    [("trace_id", _TEXT), ("span_id", _TEXT), ("parent_span_id", _TEXT), ("sampled", pa.bool_()), ("via", _TEXT)],
)
ORIGIN = pa.struct(
    [
        ("topic", _TEXT),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp_ms", pa.int64()),
        ("group", _TEXT),
        ("via", _TEXT),
        ("via_hop", _TEXT),
    ],
)
ERROR = pa.struct([("type", _TEXT), ("message", _TEXT), ("stage", _TEXT), ("attempts", pa.int32())])

EVENT = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("convention", _TEXT),
        pa.field("convention_version", _TEXT),
        pa.field("also_matched", pa.list_(_TEXT), nullable=False),
        pa.field("dialect", _TEXT),
        pa.field("event_id", _TEXT),
        pa.field("id_scope", _TEXT, nullable=False),
        pa.field("link_ids", pa.list_(_TEXT), nullable=False),
        pa.field("correlation_id", _TEXT),
        pa.field("causes", pa.list_(CAUSE), nullable=False),
        pa.field("cause_state", _TEXT, nullable=False),
        pa.field("root_id", _TEXT),
        pa.field("request_id", _TEXT),
        pa.field("event_type", _TEXT),
        pa.field("source", _TEXT),
        pa.field("destination", _TEXT),
        pa.field("event_time", _TIME),
        pa.field("started", _TIME),
        pa.field("ended", _TIME),
        pa.field("environment", _TEXT),
        pa.field("tenant", _TEXT),
        pa.field("principal", _TEXT),
        pa.field("trace", TRACE),
        pa.field("origin", ORIGIN),
        pa.field("origin_root", _TEXT),
        pa.field("dlq_depth", pa.int32()),
        pa.field("error", ERROR),
        pa.field("replay", _TEXT),
        pa.field("tombstone", pa.bool_(), nullable=False),
        pa.field("problems", pa.list_(_TEXT), nullable=False),
        pa.field("format", _TEXT),
        pa.field("damage", _TEXT),
        pa.field("raw_reason", _TEXT),
        pa.field("decoded", _TEXT),
        pa.field("decoded_key", _TEXT),
    ],
)
"""The decoded row of each record at the same position (``reference`` of the normalised event).

Times are UTC microseconds without a zone; ``replay`` is JSON text of the replay marks found; ``convention`` null means
that no convention was recognised. ``format`` is the format that read the value (``json``, or one of a user's own),
``raw`` where no format claims it, ``damaged`` where one claims it and fails, with the reason in ``damage``; it is null
for a tombstone. `workbench.model.events.value_counts` counts these. ``raw_reason`` says of a raw value which schema it
names and why that cannot be used. ``decoded`` is the value as JSON text where another format than JSON read it, such as
Avro; it is null where the value itself is JSON. ``decoded_key`` is the same of a key that names a schema, and null
where it names none or is not of that schema.
"""
DECODED_VALUE = "decoded"
"""The column of `EVENT` that is as large as the values: it is read only where ``payload`` is asked for."""
DECODED_KEY = "decoded_key"
"""The column of `EVENT` that is read only where ``key_text`` is asked for."""
