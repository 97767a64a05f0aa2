"""Keys that name a schema, in batches and one by one; keys that only begin like a frame stay what they are."""

from __future__ import annotations

import json

import golden_vectors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serialised_values import avro_bytes, avro_schema, framed, schemas_of

from workbench.decoding import Decoder, decode_record
from workbench.decoding.formats.topic_format import TopicFormat
from workbench.model import Record, TimestampType
from workbench.model.schemas import Schema

KEY = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "string"}]}
PROTO = 'syntax = "proto3"; package shop; message Key { string id = 1; } message Other { int32 n = 1; }'
SCHEMAS = schemas_of(
    avro_schema(7, KEY), Schema(8, "PROTOBUF", PROTO), Schema(9, "JSON", "{}"), Schema(10, "AVRO", "no schema")
)
AVRO = framed(7, avro_bytes(KEY, {"id": "o-1"}))
HEADERS = ((b"content-type", b"application/cbor"),)


def decoded_keys(keys, **options):
    """Decode records with these keys, and values that are plain JSON; both ways must agree."""
    decoder = Decoder(schemas=SCHEMAS, **options)
    records = [Record("t", 0, at, 0, TimestampType.CREATE, key, b"{}", HEADERS) for at, key in enumerate(keys)]
    found = decoder.decode(golden_vectors.record_batch(records), "t").column("decoded_key").to_pylist()
    assert found == [decode_record(one, choices=decoder.choices).decoded_key for one in records]
    return found


def test_keys_are_read_by_the_schema_that_they_name():
    keys = [
        AVRO,
        framed(8, b"\x00\x0a\x01x"),
        framed(8, b"\x07\x0a\x05Other\x08\x05"),
        framed(9, b'{"id": 1.10}'),
        None,
    ]
    assert decoded_keys(keys) == ['{"id":"o-1"}', '{"id":"x"}', '{"n":5}', '{"id": 1.10}', None]


@pytest.mark.parametrize(
    "key",
    [
        None,
        b"",
        b"order-1",
        b'{"id": 1}',
        (1_700_000_000_000).to_bytes(8),  # a time in milliseconds: begins like a frame with the id 101327
        (7 << 24).to_bytes(8),
        AVRO[:-1],
        AVRO + b"\0",
        framed(8, b"\xff"),
        framed(9, b"{"),
        framed(9, b"\xff"),
        framed(10, b"x"),
        framed(11, b"x"),
        bytes(8) + b"\x07" + AVRO[5:],
        b"\xa1aa\x01",
    ],
)
def test_other_keys_have_no_reading(key):
    assert decoded_keys([key, AVRO]) == [None, '{"id":"o-1"}']


def test_the_format_of_a_topic_is_that_of_its_values():
    fixed = {"t": TopicFormat("avro", json.dumps(KEY).encode())}
    assert decoded_keys([AVRO[5:], AVRO], topic_formats=fixed) == [None, '{"id":"o-1"}']


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.binary(max_size=40) | st.binary(max_size=20).map(lambda body: framed(7, body))))
def test_any_bytes_may_be_a_key(keys):
    assert len(decoded_keys(keys)) == len(keys)
