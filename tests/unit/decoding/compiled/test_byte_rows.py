"""Batches of mixed formats: each row by its own frame, and the same as when it is decoded alone."""

from __future__ import annotations

import json
import pickle
import uuid
import zlib

import cbor2
import msgpack
import pytest
from serialised_values import avro_bytes, avro_schema, decoded_both_ways, framed, schemas_of

from workbench.decoding import Decoder, TopicConvention
from workbench.decoding.formats.avro.names import fingerprint
from workbench.decoding.formats.topic_format import TopicFormat
from workbench.model.schemas import Schema

ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": name, "type": "string"} for name in ("event_id", "correlation_id", "event_type")],
}
OTHER = {"type": "record", "name": "Other", "fields": [{"name": "messageId", "type": "string"}, *ORDER["fields"][1:2]]}
SCHEMAS = schemas_of(
    avro_schema(7, ORDER),
    avro_schema(8, OTHER),
    Schema(9, "JSON", "{}"),
    Schema(10, "AVRO", '{"type": "record"}'),
    Schema(13, "THRIFT", "struct Order {}"),
    missing={11: "HTTP 503 from registry.example"},
)
VALUE = {"event_id": "o-1", "correlation_id": "flow-1", "event_type": "order.paid"}
AVRO = avro_bytes(ORDER, VALUE)
MSGPACK = ((b"content-type", b"application/x-msgpack; charset=binary"),)
CBOR = ((b"Content-Type", b"application/cloudevents+cbor"),)
GLUE = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e").bytes


def decoder(**fixed):
    return pickle.loads(pickle.dumps(Decoder(schemas=SCHEMAS, topic_formats=fixed)))  # noqa: S301 - our own


def test_a_topic_of_several_schemas_and_formats():
    values = [
        framed(7, AVRO),
        framed(8, avro_bytes(OTHER, {"messageId": "m-1", "correlation_id": "flow-2"})),
        framed(9, json.dumps(VALUE).encode()),
        json.dumps(VALUE).encode(),
        None,
        b"",
        b"plain text",
        framed(12, json.dumps(VALUE).encode()),
    ]
    rows = decoded_both_ways(decoder(), values)
    assert [row["format"] for row in rows] == ["avro", "avro", "json", "json", None, "raw", "raw", "json"]
    assert [row["event_id"] for row in rows] == ["o-1", "m-1", "o-1", "o-1", None, None, None, "o-1"]
    assert json.loads(rows[0]["decoded"]) == VALUE
    assert {row["decoded"] for row in rows[2:]} == {None}
    assert {row["raw_reason"] for row in rows} == {None}


RAW = {
    "an id that no registry was asked for": (
        framed(12, AVRO),
        "schema id 12 is not known: no registry was asked for it",
    ),
    "an id that the registry did not give": (
        framed(11, AVRO),
        "schema id 11 is not known: HTTP 503 from registry.example",
    ),
    "a type of schemas that nobody knows": (
        framed(13, AVRO),
        "schema id 13 cannot be used: its type is THRIFT, and Avro",
    ),
    "a schema that is none": (framed(10, AVRO), "schema id 10 cannot be used: a record, enum or fixed has no name"),
    "Glue": (b"\x03\x00" + GLUE + AVRO, "AWS Glue's schema version 0f8fad5b-d9cb-469f-a165-70867728950e: name"),
    "Apicurio": (bytes(8) + b"\x07" + AVRO, "Apicurio's id 7 of 8 bytes: name the schema in [topics]"),
    "a single object": (b"\xc3\x01" + bytes(8) + AVRO, "the Avro schema of fingerprint 0000000000000000: name"),
}


@pytest.mark.parametrize("name", RAW)
def test_a_frame_whose_schema_is_not_known_is_raw_with_its_reason(name):
    value, reason = RAW[name]
    (row,) = decoded_both_ways(decoder(), [value])
    assert (row["format"], row["damage"], row["decoded"], row["problems"]) == ("raw", None, None, [])
    assert row["raw_reason"].startswith(reason)


HEADERS = {
    "a content id": (
        [("contentId", bytes(7) + b"\x09"), ("encoding", b"BINARY")],
        "Apicurio's content id 9 in the header",
    ),
    "two ids": ([("globalId", bytes(7) + b"\x01"), ("contentId", bytes(7) + b"\x02")], "Apicurio's content id 2 in"),
    "an id of four bytes": ([("globalId", b"\0\0\x01\0")], "Apicurio's global id 256 in the header"),
    "an id as text": ([("globalId", b"27")], "Apicurio's global id 27 in the header apicurio.value.globalId"),
    "an artifact": ([("artifactId", b"ord\n1")], "Apicurio's artifact ord"),
    "hostile": ([("contentHash", b"<b>\xff\x1b[31m" * 50)], "Apicurio's content of hash <b>"),
    "nulls": ([("contentId", None), ("encoding", b"JSON")], "Apicurio's encoding JSON in the header"),
    "only nulls": ([("contentId", None)], None),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_apicurio_are_the_reason_of_what_is_raw(name):
    listed, reason = HEADERS[name]
    headers = tuple((f"apicurio.value.{part}".encode(), content) for part, content in listed)
    rows = decoded_both_ways(decoder(), [AVRO, b"plain text", b"{}", None, framed(12, AVRO)], headers)
    assert [row["format"] for row in rows] == ["raw", "raw", "json", None, "raw"]
    for row in rows[:2]:
        assert (row["raw_reason"] or "").startswith(reason or "")
        assert (row["raw_reason"] is None) == (reason is None)
    assert rows[2]["raw_reason"] is None
    assert rows[4]["raw_reason"].startswith("schema id 12 is not known")
    fixed = decoded_both_ways(decoder(t=TopicFormat("avro", json.dumps(ORDER).encode())), [AVRO], headers)
    assert (fixed[0]["format"], fixed[0]["event_id"], fixed[0]["raw_reason"]) == ("avro", "o-1", None)


def test_bytes_that_are_not_what_their_schema_says_are_damaged():
    values = [framed(7, AVRO[:-1]), framed(7, AVRO + b"\0"), framed(7, AVRO), framed(7, b"")]
    rows = decoded_both_ways(decoder(), values)
    assert [row["format"] for row in rows] == ["damaged", "damaged", "avro", "damaged"]
    assert rows[0]["damage"] == f"avro: the value ends too early: at byte {len(AVRO) - 5}"
    assert rows[1]["damage"] == f"avro: ValueError: there are bytes behind the end of the value (byte {len(AVRO) + 5})"
    assert [row["problems"] for row in rows] == [
        ["cut_off_value:avro"], ["unreadable_value:avro"], [], ["cut_off_value:avro"],
    ]  # fmt: skip


def test_more_schemas_read_what_was_raw():
    before = Decoder()
    (raw,) = decoded_both_ways(before, [framed(7, AVRO)])
    (row,) = decoded_both_ways(before.with_schemas(SCHEMAS), [framed(7, AVRO)])
    assert (raw["format"], row["format"], row["event_id"]) == ("raw", "avro", "o-1")


def test_single_objects_are_found_by_fingerprint():
    (row,) = decoded_both_ways(decoder(), [b"\xc3\x01" + fingerprint(ORDER) + AVRO])
    assert (row["format"], row["event_id"]) == ("avro", "o-1")


def test_a_topic_whose_schema_is_a_file():
    fixed = TopicFormat("avro", json.dumps(ORDER).encode())
    packed = zlib.compress(AVRO)
    values = [AVRO, framed(12, AVRO), b"\x03\x00" + GLUE + AVRO, b"\x03\x05" + GLUE + packed, bytes(8) + b"\x07" + AVRO]
    rows = decoded_both_ways(decoder(t=fixed), [*values, b"{}", None, b"\x03\x05" + GLUE + b"no zlib", framed(8, b"")])
    assert [row["format"] for row in rows] == ["avro"] * 5 + ["damaged", None, "damaged", "damaged"]
    assert {row["event_id"] for row in rows[:5]} == {"o-1"}
    assert "cannot be decompressed" in rows[7]["damage"]


def test_a_readers_schema_of_the_topic_is_used_for_ids_of_the_registry():
    wanted = {
        "type": "record",
        "name": "Order",
        "fields": [{"name": "eventId", "aliases": ["event_id"], "type": "string"}],
    }
    fixed = TopicFormat("avro", json.dumps(ORDER).encode(), reader_schema=json.dumps(wanted).encode())
    (row,) = decoded_both_ways(decoder(t=fixed), [framed(7, AVRO)])
    assert row["decoded"] == '{"eventId":"o-1"}'


def test_a_schema_file_that_is_none_leaves_values_raw():
    (row,) = decoded_both_ways(decoder(t=TopicFormat("avro", b"no schema")), [AVRO])
    assert row["format"] == "raw"
    assert row["raw_reason"].startswith("the schema of the topic cannot be used: the schema is no JSON")


@pytest.mark.parametrize(
    ("name", "write", "headers"), [("msgpack", msgpack.packb, MSGPACK), ("cbor", cbor2.dumps, CBOR)]
)
def test_binary_formats_by_content_type_or_by_topic(name, write, headers):
    value = {**VALUE, "amount": 12.5, "items": [1, 2**64 - 1, None, True], "picture": b"\xff"}
    raw = write(value)
    (row,) = decoded_both_ways(decoder(), [raw], headers)
    assert (row["format"], row["event_id"], row["convention"]) == (name, "o-1", "generic_json")
    assert json.loads(row["decoded"]) == {**value, "picture": "/w=="}
    assert decoded_both_ways(decoder(t=TopicFormat(name)), [raw])[0] == row
    assert decoded_both_ways(decoder(), [raw])[0]["format"] == "raw"
    (cut,) = decoded_both_ways(decoder(), [raw[:-1]], headers)
    assert (cut["format"], cut["problems"]) == ("damaged", [f"cut_off_value:{name}"])


def test_a_topic_may_have_a_convention_as_well():
    made = Decoder(topic_conventions={"t": TopicConvention("generic_json")}, topic_formats={"t": TopicFormat("cbor")})
    rows = made.decode(_batch([cbor2.dumps(VALUE)] * 3), "t").to_pylist()
    assert [(row["format"], row["event_id"]) for row in rows] == [("cbor", "o-1")] * 3


def _batch(values):
    import golden_vectors

    from workbench.model import Record, TimestampType

    records = [Record("t", 0, at, 0, TimestampType.CREATE, None, value, ()) for at, value in enumerate(values)]
    return golden_vectors.record_batch(records)


def confluent(topic, make):
    """Serialise with a serialiser of Confluent, and learn its schema as a registry gives it."""
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.serialization import MessageField, SerializationContext

    client = SchemaRegistryClient.new_client({"url": f"mock://{uuid.uuid4().hex}"})
    raw = make(client)(SerializationContext(topic, MessageField.VALUE))
    number = int.from_bytes(raw[1:5], "big")
    found = client.get_schema(number)
    return raw, schemas_of(Schema(number, found.schema_type or "AVRO", found.schema_str))


def test_confluents_protobuf_serialiser():
    from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
    from protobuf_messages import message_of

    text = """syntax = "proto3"; package shop; message Money { int64 cents = 1; }
        message Event { string event_id = 1; string correlation_id = 2; Money sum = 3; int64 large = 4; }"""
    message = message_of("shop.Event", {**FLOW, "sum": {"cents": 5}, "large": 2**62}, text)
    conf = {"use.deprecated.format": False}
    raw, schemas = confluent(
        "t", lambda client: lambda at: ProtobufSerializer(type(message), client, conf)(message, at)
    )
    rows = decoded_both_ways(Decoder(schemas=schemas), [raw, raw[:-1], raw + b"\0", b"\0" * 4 + raw[4:5] + b"\xff"])
    assert [row["format"] for row in rows] == ["protobuf", "damaged", "damaged", "damaged"]
    assert (rows[0]["event_id"], rows[0]["convention"]) == ("o-1", "generic_json")
    assert json.loads(rows[0]["decoded"]) == {**FLOW, "sum": {"cents": 5}, "large": 2**62}
    assert rows[1]["problems"] == ["cut_off_value:protobuf"]


def test_confluents_avro_serialiser():
    from confluent_kafka.schema_registry.avro import AvroSerializer

    raw, schemas = confluent("t", lambda client: lambda at: AvroSerializer(client, json.dumps(ORDER))(VALUE, at))
    (row,) = decoded_both_ways(Decoder(schemas=schemas), [raw])
    assert (row["format"], row["event_id"]) == ("avro", "o-1")


def test_confluents_json_serialiser():
    from confluent_kafka.schema_registry.json_schema import JSONSerializer

    schema = json.dumps({"title": "Order", "type": "object"})
    raw, schemas = confluent("t", lambda client: lambda at: JSONSerializer(schema, client)(VALUE, at))
    (row,) = decoded_both_ways(Decoder(schemas=schemas), [raw])
    assert (row["format"], row["event_id"], row["decoded"]) == ("json", "o-1", None)


FLOW = {"event_id": "o-1", "correlation_id": "flow-1"}
PROTO = b"""syntax = "proto3"; message Other { int32 a = 1; }
    message Event { string event_id = 1; string correlation_id = 2; }"""
PROTO_VALUE = b"\x0a\x03o-1\x12\x06flow-1"


def test_protobuf_by_the_setting_of_a_topic():
    fixed = TopicFormat("protobuf", PROTO, "Event")
    rows = decoded_both_ways(decoder(t=fixed), [PROTO_VALUE, framed(12, b"\x02\x02" + PROTO_VALUE), b"\x0a\xff"])
    assert [(row["format"], row["event_id"]) for row in rows] == [
        ("protobuf", "o-1"),
        ("protobuf", "o-1"),
        ("damaged", None),
    ]
    (tree,) = decoded_both_ways(decoder(t=TopicFormat("protobuf")), [PROTO_VALUE])
    assert (tree["format"], tree["decoded"]) == ("protobuf", '{"1":"o-1","2":"flow-1"}')
    (raw,) = decoded_both_ways(decoder(t=TopicFormat("protobuf", PROTO, "Shoe")), [PROTO_VALUE])
    assert raw["raw_reason"] == "the schema of the topic cannot be used: it has no message Shoe"
