"""Schemas with every kind of field, by which bytes are read as Avro and Protobuf, and values that others wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from workbench.decoding.formats.topic_format import TopicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator


def _logical(base: Any, name: str, **more: Any) -> dict[str, Any]:
    return {**({"type": base} if isinstance(base, str) else base), "logicalType": name, **more}


AVRO = {
    "type": "record",
    "name": "All",
    "fields": [
        {"name": "b", "type": "boolean"},
        {"name": "i", "type": "int"},
        {"name": "l", "type": ["null", "long", "string"]},
        {"name": "f", "type": "float"},
        {"name": "d", "type": "double"},
        {"name": "s", "type": "string"},
        {"name": "raw", "type": "bytes"},
        {"name": "fixed", "type": {"type": "fixed", "name": "Three", "size": 3}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "list", "type": {"type": "array", "items": ["null", "All"]}},
        {"name": "map", "type": {"type": "map", "values": "long"}},
        {"name": "money", "type": _logical("bytes", "decimal", precision=38, scale=4)},
        {"name": "day", "type": _logical("int", "date")},
        {"name": "at", "type": _logical("long", "timestamp-micros")},
        {"name": "took", "type": _logical({"type": "fixed", "name": "Took", "size": 12}, "duration")},
    ],
}
_PLAIN = {
    "b": True, "i": -7, "l": 2**62, "f": 0.5, "d": -1e300, "s": 'é"\\\n', "raw": b"\x00\xff", "fixed": b"abc", "e": "B",
    "list": [None], "map": {"k": 1}, "money": b"\x01\x02", "day": 20_000, "at": 1_772_359_200_000_000,
    "took": b"\x01" * 12,
}  # fmt: skip
_KINDS = ("double", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "bytes", "sint32", "sint64")


def _descriptors() -> descriptor_pb2.FileDescriptorSet:
    made = descriptor_pb2.FileDescriptorProto(name="all.proto", package="shop", syntax="proto3")
    field_of = descriptor_pb2.FieldDescriptorProto
    made.enum_type.add(name="State").value.extend(
        [descriptor_pb2.EnumValueDescriptorProto(name=name, number=at) for at, name in enumerate(("NONE", "PAID"))]
    )
    message = made.message_type.add(name="All")
    for number, kind in enumerate(_KINDS, 1):
        code = getattr(field_of, f"TYPE_{kind.upper()}")
        message.field.add(name=kind, number=number, type=code, label=field_of.LABEL_OPTIONAL)
        message.field.add(name=f"{kind}s", number=number + 50, type=code, label=field_of.LABEL_REPEATED)
    for name, number, label in (("inner", 100, field_of.LABEL_OPTIONAL), ("list", 101, field_of.LABEL_REPEATED)):
        message.field.add(name=name, number=number, type=field_of.TYPE_MESSAGE, label=label, type_name=".shop.All")
    message.field.add(
        name="state", number=102, type=field_of.TYPE_ENUM, label=field_of.LABEL_OPTIONAL, type_name=".shop.State"
    )
    return descriptor_pb2.FileDescriptorSet(file=[made])


PROTOBUF = _descriptors()
FORMATS = {
    "avro": TopicFormat("avro", json.dumps(AVRO).encode()),
    "protobuf": TopicFormat("protobuf", PROTOBUF.SerializeToString(), message="shop.All"),
    "wire": TopicFormat("protobuf"),
    "msgpack": TopicFormat("msgpack"),
    "cbor": TopicFormat("cbor"),
}
"""How the values of each topic are read."""


def values() -> Iterator[tuple[str, bytes]]:
    """Yield topics and values that other libraries wrote for them."""
    import io

    import cbor2
    import fastavro
    import msgpack

    for value in (_PLAIN, {**_PLAIN, "list": [None, {**_PLAIN, "l": None}], "l": "text"}):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO), value)
        yield "avro", out.getvalue()
    pool = descriptor_pool.DescriptorPool()
    pool.Add(PROTOBUF.file[0])
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.All"))
    inner = kind(int64=-1, string="é", bytess=[b"\x00", b""], sint32s=[1, -1], bool=True, state=1)
    for message in (inner, kind(inner=inner, list=[inner, kind()], doubles=[0.5, float("nan")], strings=["a", '"'])):
        for topic in ("protobuf", "wire"):
            yield topic, message.SerializeToString()
    plain = {"a": [1, -1, 2**63, 0.5, None, True, "é", b"\xff"], "b": {"c": {}}, "d": "x" * 40}
    yield "msgpack", msgpack.packb(plain)
    yield "msgpack", msgpack.packb(msgpack.ExtType(5, b"abc")) + msgpack.packb([[]])
    yield "cbor", cbor2.dumps(plain)
    yield "cbor", bytes.fromhex("bf61618201f6ff")
