"""Messages that google.protobuf wrote are read to what google.protobuf reads; hostile bytes are a fault each."""

from __future__ import annotations

import json
import time

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from hypothesis import given, settings
from hypothesis import strategies as st
from protobuf_messages import (
    ALL,
    CASES,
    MONEY,
    ODD,
    ORDERS,
    as_json,
    known,
    message_of,
    reader_of,
    with_whole_numbers,
)

from workbench.decoding.formats.protobuf.descriptors import files_of_content, files_of_schema
from workbench.decoding.formats.protobuf.program import compile_files, wire_reader
from workbench.decoding.formats.schema_error import SchemaError
from workbench.model.schemas import Schema

ORDER = reader_of(ALL, "shop.Order")


def read(reader, raw):
    text, fault, at = reader.read_one(raw, 0)
    assert not fault, (fault, at)
    return json.loads(text)


@pytest.mark.parametrize("name", CASES)
def test_what_google_wrote(name):
    message = message_of("shop.Order", CASES[name])
    assert with_whole_numbers(read(ORDER, message.SerializeToString())) == with_whole_numbers(as_json(message))


@settings(deadline=None, max_examples=60)
@given(ORDERS)
def test_any_message_whose_fields_stand_in_order(value):
    message = message_of("shop.Order", value)
    raw = message.SerializeToString(deterministic=True)
    assert with_whole_numbers(read(ORDER, raw)) == with_whole_numbers(as_json(message))
    # The first field again, as it was: the text is the same, byte for byte, though all is looked at before.
    again = raw + message_of("shop.Order", {"event_id": value.get("event_id", "")}).SerializeToString()
    assert ORDER.read_one(again, 0)[0] == ORDER.read_one(raw, 0)[0]


SMALL = """syntax = "proto3"; message M { string a = 1; repeated int32 n = 2; int32 b = 3;
    oneof one { int32 c = 4; string d = 5; } map<string, int32> m = 6; M inner = 7; }"""


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_read_as_google_reads_it(name):
    message = message_of("M", None, SMALL)
    message.ParseFromString(ODD[name])
    found = read(reader_of(SMALL), ODD[name])
    unknown = found.pop("@unknown", None)
    assert (unknown is not None) == (name == "an unknown field")
    assert with_whole_numbers(found) == with_whole_numbers(as_json(message, SMALL))


@settings(deadline=None, max_examples=60)
@given(ORDERS, ORDERS)
def test_any_message_and_two_of_them_merged(value, other):
    raw = message_of("shop.Order", value).SerializeToString() + message_of("shop.Order", other).SerializeToString()
    message = message_of("shop.Order")
    message.ParseFromString(raw)
    assert with_whole_numbers(read(ORDER, raw)) == with_whole_numbers(as_json(message))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_fault(raw):
    for reader in (ORDER, wire_reader()):
        text, fault, at = reader.read_one(raw, 0)
        assert (text is None) == bool(fault)
        assert 0 <= at <= len(raw)
        if text is not None:
            json.loads(text)


def test_unknown_fields_are_kept_visible():
    newer = 'syntax = "proto3"; message M { int32 a = 1; string b = 2; repeated fixed32 c = 3; M d = 4; bytes e = 5; }'
    older = 'syntax = "proto3"; message M { int32 a = 1; }'
    value = {"a": 1, "b": "text", "c": [7, 8], "d": {"a": 5}, "e": "/w=="}
    found = read(reader_of(older), message_of("M", value, newer).SerializeToString())
    assert found == {"a": 1, "@unknown": {"2": "text", "3": "BwAAAAgAAAA=", "4": {"1": 5}, "5": "/w=="}}
    changed = 'syntax = "proto3"; message M { string a = 1; }'
    assert read(reader_of(changed), b"\x08\x05") == {"a": "", "@unknown": {"1": 5}}


def test_without_a_schema_fields_have_numbers():
    raw = message_of(
        "shop.Order", {"event_id": "o-1", "tags": ["a", "b"], "total": MONEY, "x32": 9}
    ).SerializeToString()
    assert read(wire_reader(), raw) == {"1": "o-1", "20": ["a", "b"], "26": {"1": 5, "2": "EUR"}, "12": 9}


def test_groups_of_proto2():
    text = 'syntax = "proto2"; message M { repeated group G = 1 { optional int32 a = 2; } required string s = 3; }'
    raw = b"\x0b\x10\x05\x0c\x0b\x0c\x1a\x01x"
    assert read(reader_of(text), raw) == {"g": [{"a": 5}, {}], "s": "x"}
    assert read(wire_reader(), raw) == {"1": [{"2": 5}, {}], "3": "x"}


INDEXES = {
    b"\x00": (b"\x08\x05", {"cents": 5, "currency": ""}),
    b"\x02\x00": (b"\x08\x05", {"cents": 5, "currency": ""}),
    b"\x02\x02": (b"\x0a\x01x", {"event_id": "x"}),
    b"\x04\x02\x00": (b"\x12\x01x", {"sku": "x"}),
    b"\x06\x02\x00\x00": (b"\x0a\x01x", {"name": "x"}),
    b"\x02\x09": (b"", None),
    b"\x02\xff\xff\xff\xff\x0f": (b"", None),
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f": (b"", None),
    b"\x80": (b"", None),
}


@pytest.mark.parametrize("index", INDEXES, ids=bytes.hex)
def test_the_message_index_chooses_the_message(index):
    body, wanted = INDEXES[index]
    text, fault, _ = known()[0].read_one(b"\0\0\0\0\x01" + index + body, 5)
    assert bool(fault) == (wanted is None)
    if wanted is not None:
        found = json.loads(text)
        assert {name: found[name] for name in wanted} == wanted


HOSTILE = {
    "cut off": (b"\x0a\x05x", 1),
    "a huge length": (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 1),
    "a number without an end": (b"\x30" + b"\xff" * 11, 2),
    "field 0": (b"\x00\x01", 13),
    "an unknown wire type": (b"\x0f", 12),
    "the end of a group": (b"\x0c", 12),
    "no text": (b"\x0a\x01\xff", 5),
    "a packed number that is cut off": (b"\x9a\x01\x01\xff", 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_fault(name):
    raw, fault = HOSTILE[name]
    assert ORDER.read_one(raw, 0)[:2] == (None, fault)


def test_messages_in_messages_are_bounded():
    raw = b""
    for _ in range(1_000):
        size = len(raw)
        head = b"\xba\x02"
        while size >= 0x80:
            head += bytes([size & 0x7F | 0x80])
            size >>= 7
        raw = head + bytes([size]) + raw
    begin = time.process_time()
    assert ORDER.read_one(raw, 0)[:2] == (None, 7)
    groups = b"\x0b" * 100_000
    assert wire_reader().read_one(groups, 0)[1] == 7
    wire_reader().read_one(b"".join(bytes([0x80 | n % 16 * 8, 1 + n % 100, 1]) for n in range(30_000)), 0)
    assert time.process_time() - begin < 2


def test_a_descriptor_set_is_a_schema_too():
    files, _ = files_of_schema(Schema(1, "PROTOBUF", ALL), {})
    raw = message_of("shop.Money", MONEY).SerializeToString()
    content = FileDescriptorSet(file=files).SerializeToString()
    assert read(compile_files(*files_of_content(content), "shop.Money"), raw) == MONEY
    with pytest.raises(SchemaError, match=r"no message shop\.Shoe"):
        compile_files(*files_of_content(content), "shop.Shoe")
