"""Values as serialisers of a schema registry write them: 0, the schema id, the body."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import fastavro

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [{"name": "orderId", "type": "string"}, {"name": "cents", "type": "long"}],
}
ORDER_2: dict[str, Any] = {
    **ORDER,
    "fields": [*ORDER["fields"], {"name": "note", "type": ["null", "string"], "default": None}],
}


def framed(schema_id: int, body: bytes) -> bytes:
    return b"\0" + struct.pack(">I", schema_id) + body


def avro_value(schema_id: int, schema: Any, value: Any) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, value)
    return framed(schema_id, body.getvalue())


def json_value(schema_id: int, value: Any) -> bytes:
    return framed(schema_id, json.dumps(value).encode())
