"""Writes the golden files of the formats anew: values that other people's libraries wrote, and what they become.

Run ``python tests/support/write_golden_formats.py`` in a checkout. Each value has to be read as its own library
reads it before the file is written. `tests/unit/decoding/formats/test_choice.py` compares with the files.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import importlib.metadata
import io
import json
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cbor2
import fastavro
import msgpack
from golden_formats import GOLDEN, decoded_rows
from protobuf_messages import ALL, as_json, message_of, with_whole_numbers
from serialised_values import avro_bytes, framed

MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC)
ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
FLOW = {"event_id": "o-1", "correlation_id": "flow-7", "event_type": "order.paid"}
TREE = {
    **FLOW,
    "amount": 12.5,
    "items": [1, -7, 2**53 + 1, None, True],
    "customer": {"name": 'Grüße "x"\n', "tags": []},
}
ORDER = {
    "type": "record", "name": "Order", "namespace": "shop", "fields": [
        *({"name": name, "type": "string"} for name in FLOW),
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 4}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "PAID"]}},
        {"name": "note", "type": ["null", "string", "long"]},
        {"name": "lines", "type": {"type": "array", "items": {
            "type": "record", "name": "Line", "fields": [
                {"name": "sku", "type": "string"}, {"name": "price", "type": "double"},
                {"name": "share", "type": "float"},
            ]}}},
        {"name": "counts", "type": {"type": "map", "values": "long"}},
        {"name": "picture", "type": "bytes"},
    ],
}  # fmt: skip
NODE = {
    "type": "record", "name": "Node",
    "fields": [{"name": "event_id", "type": "string"}, {"name": "next", "type": ["null", "Node"]}],
}  # fmt: skip
LINE = {"sku": "a", "price": 7.470000000000001, "share": 0.5}
LARGE = decimal.Decimal("-1234567890123456789012345678901234.5678")
AVRO = {
    "all types": (0, {
        **FLOW, "total": LARGE, "at": MOMENT, "day": MOMENT.date(), "state": "PAID", "note": "Grüße",
        "lines": [LINE] * 2, "counts": {"x": -(2**63), "y": 2**63 - 1}, "picture": b"\x00\xff",
    }),
    "nothing much": (0, {
        **dict.fromkeys(FLOW, ""), "total": decimal.Decimal("0.0000"), "at": MOMENT.replace(year=1969),
        "day": dt.date(1, 1, 1), "state": "OPEN", "note": None, "lines": [], "counts": {}, "picture": b"",
    }),
    "recursion": (1, {"event_id": "n-1", "next": {"event_id": "n-2", "next": None}}),
}  # fmt: skip
PROTOBUF: dict[str, dict[str, Any]] = {
    "all types": {
        **FLOW, "d": 7.470000000000001, "f": 0.5, "i32": -(2**31), "i64": -(2**63), "u32": 2**32 - 1, "u64": 2**64 - 1,
        "s32": -1, "s64": -(2**63), "x32": 7, "x64": 8, "y32": -9, "y64": -10, "b": True, "raw": "AP8B",
        "state": "BACK", "numbers": [0, -1, 2**62], "tags": ["", "Grüße"], "states": ["PAID", "UNKNOWN"],
        "sums": [{"cents": 5, "currency": "EUR"}, {}], "by_name": {"a": {"cents": 1}}, "by_number": {"-1": "PAID"},
        "by_bool": {"true": 1.5},
        "cash": {"cents": 7}, "maybe": 0, "inner": {"event_id": "deep"}, "doubles": [0.1, 1e300],
    },
    "well-known types": {
        "at": "2026-01-02T03:04:05.678Z", "took": "-1.500s", "more": {"a": [1.5, None, {"b": True}]}, "mask": "a,b.c",
        "any": {"@type": "type.googleapis.com/shop.Money", "cents": 7, "currency": "EUR"}, "wrapped": "0",
    },
    "nothing": {},
}  # fmt: skip


def plain(value: Any) -> Any:
    """What JSON has for a value of Python."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return (
        value.isoformat() if isinstance(value, dt.date) else str(value) if isinstance(value, decimal.Decimal) else value
    )


def avro() -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    texts = [ORDER, NODE]
    rows = []
    for name, (schema, value) in AVRO.items():
        raw = avro_bytes(texts[schema], value)
        back = fastavro.schemaless_reader(io.BytesIO(raw), fastavro.parse_schema(texts[schema]), None)
        rows.append({"name": name, "schema": schema, "value": framed(7, raw), "read_back": plain(back)})
    whole = rows[0]["value"]
    rows.append({"name": "cut off", "schema": 0, "value": whole[:-3]})
    rows.append({"name": "bytes behind the end", "schema": 0, "value": whole + b"\0"})
    rows.append({"name": "a branch that is not there", "schema": 1, "value": framed(7, b"\x02a\x08")})
    rows.append({"name": "a schema that nobody knows", "value": framed(9, b"\x02a\x08")})
    return [{"type": "AVRO", "text": json.dumps(text)} for text in texts], rows


def protobuf() -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    rows = []
    for name, value in PROTOBUF.items():
        message = message_of("shop.Order", value)
        raw = message.SerializeToString(deterministic=True)
        rows.append({"name": name, "schema": 0, "value": framed(7, b"\x02\x02" + raw), "read_back": as_json(message)})
    whole = rows[0]["value"]
    unknown = whole + b"\xb8\x3e\x05"
    rows.append({"name": "an unknown field", "schema": 0, "value": unknown})
    rows.append({"name": "cut off", "schema": 0, "value": whole[:-3]})
    rows.append({"name": "a message index that is not there", "schema": 0, "value": framed(7, b"\x02\x12")})
    return [{"type": "PROTOBUF", "text": ALL}], rows


def jsonschema() -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    text = json.dumps({"title": "Order", "type": "object", "properties": {"amount": {"type": "number"}}})
    client, at = (
        SchemaRegistryClient.new_client({"url": "mock://golden"}),
        SerializationContext("t", MessageField.VALUE),
    )
    raw = JSONSerializer(text, client)(TREE, at)
    read_back = JSONDeserializer(text, schema_registry_client=client)(raw, at)
    rows = [{"name": "an order", "schema": 0, "value": framed(7, raw[5:]), "read_back": read_back}]
    rows.append({"name": "cut off", "schema": 0, "value": framed(7, raw[5:-3])})
    return [{"type": "JSON", "text": text}], rows


def binary(kind: str, write: Any, read: Any, more: dict[str, Any]) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    headers = [["content-type", f"application/{kind}"]]
    cases = {"an order": TREE, "bytes": {**FLOW, "picture": b"\x00\xff"}, "numbers as keys": {1: "a", -2: "b"}, **more}
    rows: list[dict[str, Any]] = []
    for name, value in cases.items():
        raw = write(value)
        back = plain(read(raw)) if name not in more else None
        row = {"name": name, "headers": headers, "value": raw}
        rows.append(row if back is None else {**row, "read_back": json.loads(json.dumps(back))})
    rows.append({"name": "cut off", "headers": headers, "value": rows[0]["value"][:-1]})
    rows.append({"name": "bytes behind the end", "headers": headers, "value": rows[0]["value"] + b"\x01"})
    return [], rows


def xml() -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    root = ET.Element("order", id="o-1")
    ET.SubElement(root, "note").text = "Grüße & <mehr>"
    with_head = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return [], [{"name": "with a declaration", "value": with_head}, {"name": "bare", "value": ET.tostring(root)}]


def main() -> None:
    cbor_only = {
        "tags": {"at": MOMENT, "id": ID, "sum": decimal.Decimal("273.15"), "large": 2**200},
        "halves": [1.5, float("inf"), -0.0],
    }
    msgpack_only = {"extension": msgpack.ExtType(5, b"ab"), "a time": msgpack.Timestamp(1_700_000_000, 5)}
    made = {
        "avro": ("fastavro", avro()),
        "protobuf": ("protobuf", protobuf()),
        "jsonschema": ("confluent-kafka", jsonschema()),
        "msgpack": (
            "msgpack",
            binary("msgpack", msgpack.packb, lambda raw: msgpack.unpackb(raw, strict_map_key=False), msgpack_only),
        ),
        "cbor": ("cbor2", binary("cbor", cbor2.dumps, cbor2.loads, cbor_only)),
        "xml": ("xml.etree", xml()),
    }
    for kind, (library, (schemas, rows)) in made.items():
        for row in rows:
            row["value"] = row["value"].hex()
            seen = decoded_rows({"schemas": schemas}, row)[0]
            tree = None if seen["decoded"] is None else with_whole_numbers(json.loads(seen["decoded"]))
            wanted = row.pop("read_back", None)
            if seen["format"] == "json":
                tree = json.loads(bytes.fromhex(row["value"])[5:])
            assert wanted is None or tree == with_whole_numbers(wanted), (kind, row["name"], tree, wanted)
            row |= {
                name: seen[name]
                for name in ("format", "decoded", "damage", "raw_reason", "event_id")
                if seen[name] is not None
            }
        version = "" if library == "xml.etree" else f" {importlib.metadata.version(library)}"
        parts = (",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in part) for part in (schemas, rows))
        listed, records = (f"[\n{part}\n ]" if part else "[]" for part in parts)
        text = f'{{\n "written_by": "{library}{version}",\n "schemas": {listed},\n "records": {records}\n}}\n'
        Path(GOLDEN / f"{kind}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
