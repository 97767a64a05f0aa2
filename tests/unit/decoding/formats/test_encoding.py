"""Every value that a serialiser of somebody else wrote by a schema is written again as it was, frame and all."""

from __future__ import annotations

import json
import zlib

import pytest
from golden_formats import GOLDEN, ID
from protobuf_messages import ALL, message_of
from serialised_values import avro_bytes, avro_schema, framed, schemas_of

from workbench.decoding.formats.avro.names import fingerprint
from workbench.decoding.formats.choice import Choices
from workbench.decoding.formats.encoding import encoded_value
from workbench.decoding.formats.topic_format import TopicFormat
from workbench.decoding.formats.value_writer import NotWritableError
from workbench.model.schemas import Schema, Schemas

FILES = {
    name: json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("avro", "protobuf", "msgpack", "cbor")
}
RECORDS = [(name, at) for name, file in FILES.items() for at, one in enumerate(file["records"]) if one.get("decoded")]
EVENT = {
    "type": "record",
    "name": "Event",
    "fields": [{"name": "event_id", "type": "string"}, {"name": "total", "type": ["null", "double"]}],
}
ORDER = Schema(9, "PROTOBUF", ALL)


@pytest.mark.parametrize(("kind", "at"), RECORDS)
def test_what_libraries_wrote_is_written_again(kind, at):
    record = FILES[kind]["records"][at]
    schemas = [FILES[kind]["schemas"][record["schema"]]] if "schema" in record else []
    choices = Choices(schemas_of(*(Schema(ID, one["type"], one["text"]) for one in schemas)), {})
    headers = tuple((name.encode(), content.encode()) for name, content in record.get("headers", ()))
    value = bytes.fromhex(record["value"])
    found = encoded_value(choices, "t", headers, value)
    assert found is not None
    assert found.tree == json.loads(record["decoded"])
    assert found.written(found.tree) == value


def avro(before, after, *, choices=None, value=None, topic="t"):
    known = Choices(schemas_of(avro_schema(7, EVENT)), {}) if choices is None else choices
    found = encoded_value(known, topic, (), framed(7, avro_bytes(EVENT, before)) if value is None else value)
    assert found.tree == before
    return found.written(after)


BEFORE, AFTER = {"event_id": "e1", "total": None}, {"event_id": "other", "total": 1.5}
TOPICS = {"t": TopicFormat("avro", json.dumps(EVENT).encode())}


def test_avro_keeps_its_frame():
    assert avro(BEFORE, AFTER) == framed(7, avro_bytes(EVENT, AFTER))
    mark = b"\xc3\x01" + fingerprint(EVENT)
    assert avro(BEFORE, AFTER, value=mark + avro_bytes(EVENT, BEFORE)) == mark + avro_bytes(EVENT, AFTER)
    topics = Choices(Schemas(), TOPICS)
    assert avro(BEFORE, AFTER, choices=topics, value=avro_bytes(EVENT, BEFORE)) == avro_bytes(EVENT, AFTER)
    behind_unknown = framed(99, avro_bytes(EVENT, BEFORE))
    assert avro(BEFORE, AFTER, choices=topics, value=behind_unknown) == framed(99, avro_bytes(EVENT, AFTER))


FRAMES = {
    "the first message": (framed(9, b"\0"), "shop.Money"),
    "a path": (framed(9, b"\x02\x02"), "shop.Order"),
    "a path inside": (framed(9, b"\x06\x02\x00\x00"), "shop.Order.Line.Part"),
    "Apicurio's name": (framed(9, b"\x07\x0a\x05Order"), "shop.Order"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_protobuf_keeps_its_message(name):
    frame, message = FRAMES[name]
    member, value = {"shop.Money": ("currency", "EUR"), "shop.Order": ("event_id", "e")}.get(message, ("name", "n"))
    raw = frame + message_of(message, {member: "before"}).SerializeToString() + b"\xaa\x3e\x01x"
    found = encoded_value(Choices(schemas_of(ORDER), {}), "t", (), raw)
    made = found.written({**found.tree, member: value})
    assert made == frame + message_of(message, {member: value}).SerializeToString() + b"\xaa\x3e\x01x"


def test_protobuf_of_a_topic_and_behind_the_frame_of_glue():
    glue = b"\x03\x00" + bytes.fromhex("0f8fad5bd9cb469fa16570867728950e")
    choices = Choices(Schemas(), {"t": TopicFormat("protobuf", ALL.encode(), "shop.Money")})
    numbered = glue + b"\x00"
    for frame in (b"", numbered):
        raw = frame + message_of("shop.Money", {"cents": 5}).SerializeToString()
        found = encoded_value(choices, "t", (), raw)
        wanted = frame + message_of("shop.Money", {"cents": 6}).SerializeToString()
        assert found.written({**found.tree, "cents": 6}) == wanted
    packed = glue[:1] + b"\x05" + glue[2:] + zlib.compress(b"\x00\x08\x05")
    with pytest.raises(NotWritableError, match="it is compressed behind AWS Glue's"):
        encoded_value(choices, "t", (), packed)


def test_other_values_have_no_schema():
    assert encoded_value(Choices(Schemas(), {}), "t", (), b"{}") is None
    assert encoded_value(Choices(Schemas(), {}), "t", (), b"\xff\xfe") is None


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (framed(5, b"\x02e"), (), "schema id 5 is not known"),
        (framed(7, b"\x99"), (), "it cannot be read as avro"),
    ],
)
def test_what_cannot_be_written_says_why(value, headers, reason):
    with pytest.raises(NotWritableError, match=reason):
        encoded_value(Choices(schemas_of(avro_schema(7, EVENT)), {}), "t", headers, value)


def test_values_that_are_read_as_another_schema_are_not_written():
    narrow = json.dumps({**EVENT, "fields": EVENT["fields"][:1]}).encode()
    choices = Choices(schemas_of(avro_schema(7, EVENT)), {"t": TopicFormat("avro", reader_schema=narrow)})
    with pytest.raises(NotWritableError, match="no schema says how it was written"):
        encoded_value(choices, "t", (), framed(7, avro_bytes(EVENT, BEFORE)))
