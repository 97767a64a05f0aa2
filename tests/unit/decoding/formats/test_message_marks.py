"""Messages by the marks before them: bytes of Apicurio's and AWS Glue's Java serialisers, and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import golden_vectors
import pytest
from serialised_values import decoded_both_ways, framed, schemas_of

from workbench.decoding import Decoder
from workbench.decoding.formats.message_marks import name_mark
from workbench.decoding.formats.topic_format import TopicFormat
from workbench.model import Record, TimestampType
from workbench.model.schemas import Schema

GOLDEN = json.loads((Path(__file__).parent / "golden" / "java_serialisers.json").read_text())
"""Written by ``tests/support/java/write_golden.py``; ``read_back`` is what the same library reads, without defaults."""

PROTO = next(one["text"] for one in GOLDEN["schemas"] if one["type"] == "PROTOBUF")
KEY = Schema(1, "AVRO", '{"type": "record", "name": "OrderKey", "fields": [{"name": "id", "type": "string"}]}')
"""The schema of the keys there; it was registered first."""
CUSTOMER = b"\x0a\x02ab"


def written(value):
    """A value without the defaults of Protobuf, which Java leaves out."""
    if isinstance(value, dict):
        return {name: written(one) for name, one in value.items() if one not in (0, "", [], False)}
    return [written(one) for one in value] if isinstance(value, list) else value


def decoder_of(record):
    """Knows the schema as it is known there: by its id where that has 4 bytes, else as the schema of the topic."""
    schema, value = GOLDEN["schemas"][record["schema"]], bytes.fromhex(record["value"])
    number = int.from_bytes(value[1:5])
    if value[0] == 0 and number and not record["headers"]:
        return Decoder(schemas=schemas_of(Schema(number, schema["type"], schema["text"]), KEY))
    return Decoder(topic_formats={"t": TopicFormat(schema["type"].lower(), schema["text"].encode())})


@pytest.mark.parametrize("at", range(len(GOLDEN["records"])), ids=lambda at: GOLDEN["records"][at]["topic"])
def test_values_of_java_serialisers_are_read_as_java_reads_them(at):
    record = GOLDEN["records"][at]
    value = bytes.fromhex(record["value"])
    headers = headers_of(record)
    rows = decoded_both_ways(decoder_of(record), [value, None, value, value[:-1]], headers)
    assert [row["format"] for row in rows][1:] == [None, rows[0]["format"], "damaged"]
    assert rows[0]["format"] == GOLDEN["schemas"][record["schema"]]["type"].lower()
    assert written(json.loads(rows[0]["decoded"])) == written(record["read_back"])
    assert rows[2]["decoded"] == rows[0]["decoded"]


def headers_of(record):
    return tuple((name.encode(), bytes.fromhex(content)) for name, content in record["headers"])


NAMED = [one for one in GOLDEN["records"] if one["headers"]]


@pytest.mark.parametrize("at", range(len(NAMED)))
def test_headers_of_java_serialisers_name_the_schema_of_what_is_raw(at):
    record = NAMED[at]
    headers, value = headers_of(record), bytes.fromhex(record["value"])
    number = int.from_bytes(dict(headers)[b"apicurio.value.contentId"])
    raw, empty, text = decoded_both_ways(Decoder(), [value, None, b"{}"], headers)
    assert raw["format"] == "raw"
    assert raw["raw_reason"].startswith(
        f"Apicurio's content id {number} in the header apicurio.value.contentId: name the"
    )
    assert (empty["raw_reason"], text["format"], text["raw_reason"]) == (None, "json", None)


def test_keys_of_java_serialisers_are_read_by_their_schema():
    keys = [bytes.fromhex(one["key"]) for one in GOLDEN["records"] if one["key"]]
    records = [Record("t", 0, at, 0, TimestampType.CREATE, key, b"{}", ()) for at, key in enumerate(keys)]
    decoder = Decoder(schemas=schemas_of(KEY))
    found = decoder.decode(golden_vectors.record_batch(records), "t")["decoded_key"].to_pylist()
    # An id of 8 bytes is that of another interface of the registry, and behind headers a key has no frame.
    assert found == ['{"id":"o-1"}' if key[1:5] != bytes(4) and key[0] == 0 else None for key in keys]
    assert found[0] == '{"id":"o-1"}'
    assert [decoder.choices.read_key(key) for key in keys] == found


def test_messages_of_one_topic_may_change_from_record_to_record():
    def named(name, body):
        return framed(16, bytes([len(name) + 2, 0x0A, len(name)]) + name + body)

    decoder = Decoder(schemas=schemas_of(Schema(16, "PROTOBUF", PROTO)))
    values = [
        named(b"Customer", CUSTOMER),
        named(b"Order", b"\x0a\x01x"),
        framed(16, b"\x02\x02" + CUSTOMER),  # a path of Confluent: one number, which is 1
        framed(16, b"\x00\x0a\x01y"),
        named(b"Nobody", CUSTOMER),
        named(b"Item", CUSTOMER),  # not a message of the file itself
        named(b"Customer", b"\x0a\x09ab"),
        framed(16, b"\x0a\x0a\x08Cust"),
    ]
    rows = decoded_both_ways(decoder, values)
    assert [row["format"] for row in rows] == ["protobuf"] * 4 + ["damaged"] * 4
    assert [row["decoded"] and json.loads(row["decoded"]).get("name", "order") for row in rows[:4]] == [
        "ab", "order", "ab", "order",
    ]  # fmt: skip


def test_a_number_that_the_schema_has_not_is_a_reason():
    head = bytes.fromhex("0300b7b4a7f09c964e4aa687fb5de9ef0c63")
    decoder = Decoder(topic_formats={"t": TopicFormat("protobuf", PROTO.encode())})
    values = [head + b"\x00" + CUSTOMER, head + b"\x04" + CUSTOMER, head, head + b"\xff" * 9, head + b"\x80\x80"]
    rows = decoded_both_ways(decoder, values)
    assert [row["format"] for row in rows] == ["protobuf"] + ["damaged"] * 4
    assert rows[1]["damage"] == "protobuf: ValueError: the schema has 4 messages and none of number 4"
    assert "no number of a message behind its frame" in rows[3]["damage"]


@pytest.mark.parametrize(
    "value",
    [b"", b"\x07", b"\x07\x0a\x05Orde", b"\x07\x0b\x05Order", b"\x08\x0a\x05Order", b"\xff\x0a\xfd" + b"x" * 300],
)
def test_what_is_no_mark(value):
    assert name_mark(value, 0) == b""
