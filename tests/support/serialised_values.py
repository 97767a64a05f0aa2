"""Values that serialisers of other people have written, in batches and one by one."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import fastavro
import golden_vectors

from workbench.decoding import decode_record
from workbench.model import Record, TimestampType
from workbench.model.schemas import Schema, SchemaReference, Schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding import Decoder
    from workbench.model.records.record import HeaderList

SEEN = (
    "format",
    "damage",
    "raw_reason",
    "decoded",
    "problems",
    "event_id",
    "correlation_id",
    "event_type",
    "convention",
)


def avro_bytes(schema: Any, value: Any) -> bytes:
    """Write a value with fastavro, without a frame."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def framed(number: int, body: bytes) -> bytes:
    """Put the frame of a registry before a body."""
    return b"\0" + number.to_bytes(4, "big") + body


def avro_schema(number: int, schema: Any, *references: SchemaReference) -> Schema:
    """Make the schema that a registry would give."""
    return Schema(number, "AVRO", json.dumps(schema), references)


def schemas_of(*known: Schema, **more: Any) -> Schemas:
    """Collect schemas by id."""
    return Schemas({schema.id: schema for schema in known}, **more)


def decoded_both_ways(
    decoder: Decoder, values: Sequence[bytes | None], headers: HeaderList = (), topic: str = "t"
) -> list[dict[str, Any]]:
    """Decode values in a batch and one by one; both must agree. Returns what was seen of each."""
    records = [Record(topic, 0, at, 0, TimestampType.CREATE, None, value, headers) for at, value in enumerate(values)]
    rows = decoder.decode(golden_vectors.record_batch(records), topic).to_pylist()
    for record, row in zip(records, rows, strict=True):
        one = decode_record(record, decoder.conventions, formats=decoder.formats, choices=decoder.choices)
        exact = {name: getattr(one, name) for name in SEEN}
        exact["problems"] = list(one.problems)
        assert {name: row[name] for name in SEEN} == exact
    return [{name: row[name] for name in SEEN} for row in rows]
