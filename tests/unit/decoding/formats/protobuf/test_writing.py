"""Changed messages are what google.protobuf reads; fields that stay keep their bytes, whoever wrote them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from protobuf_messages import ALL, CASES, MONEY, ODD, ORDERS, TEXTS, as_json, message_of, reader_of, with_whole_numbers

from workbench.decoding.formats.protobuf.descriptors import files_of_content
from workbench.decoding.formats.protobuf.writing import ProtobufWriter, index_of, message_at
from workbench.decoding.formats.value_writer import NotWritableError

FILES, MAIN = files_of_content(ALL.encode())
READER, WRITER = reader_of(ALL, "shop.Order"), ProtobufWriter(FILES, "shop.Order")
UNKNOWN = b"\xaa\x3e\x03abc"
"""Field 997, which the schema does not know."""


def read(reader, raw):
    text, fault, at = reader.read_one(raw, 0)
    assert not fault, (fault, at)
    return json.loads(text)


def changed(body, **members):
    tree = read(READER, body)
    return WRITER.written(body, tree, {**tree, **members})


@pytest.mark.parametrize("name", CASES)
def test_every_field_is_written_as_google_writes_it(name):
    empty, wanted = message_of("shop.Order", {}), message_of("shop.Order", CASES[name])
    tree = read(READER, wanted.SerializeToString())
    made = WRITER.written(empty.SerializeToString(), read(READER, b""), tree)
    assert with_whole_numbers(as_json(message_of("shop.Order").FromString(made))) == with_whole_numbers(as_json(wanted))
    assert read(READER, made) == tree


@given(ORDERS, TEXTS)
def test_a_change_leaves_the_rest(value, text):
    raw = message_of("shop.Order", value).SerializeToString()
    made = changed(raw + UNKNOWN, event_id=text)
    wanted = message_of("shop.Order", {**value, "event_id": text})
    assert made.endswith(UNKNOWN)
    assert message_of("shop.Order").FromString(made[: -len(UNKNOWN)]) == wanted
    assert changed(made, event_id=value.get("event_id", "")) == raw + UNKNOWN


def test_parts_of_messages_change_alone():
    odd = b"\xd2\x01\x0b" + b"\x12\x03EUR" + UNKNOWN
    tree = read(READER, odd)
    made = WRITER.written(odd, tree, {**tree, "total": {**tree["total"], "cents": 9}})
    assert made == b"\xd2\x01\x0d" + b"\x08\x09" + b"\x12\x03EUR" + UNKNOWN, "the field inside keeps what is not known"


def test_items_of_lists_keep_their_bytes_or_are_written_anew():
    raw = message_of("shop.Order", {"sums": [MONEY, {"cents": 1}, {"cents": 2}]}).SerializeToString()
    tree = read(READER, raw)
    first, second, third = tree["sums"]
    for sums in ([third, first, second], [first], [], [first, {**second, "cents": 7}, third], [*tree["sums"], first]):
        made = WRITER.written(raw, tree, {**tree, "sums": sums})
        assert read(READER, made)["sums"] == sums
    swapped = WRITER.written(raw, tree, {**tree, "sums": [second, first, third]})
    assert sorted(swapped) == sorted(raw)


def test_maps_keep_their_order():
    raw = b"".join(
        message_of("shop.Order", {"by_name": {key: {"cents": at}}}).SerializeToString()
        for at, key in enumerate("zay", 1)
    )
    tree = read(READER, raw)
    assert list(tree["by_name"]) == ["z", "a", "y"]
    more = {**tree["by_name"], "a": {"cents": 9, "currency": ""}, "b": {"cents": 3, "currency": ""}}
    made = WRITER.written(raw, tree, {**tree, "by_name": more})
    assert read(READER, made)["by_name"] == more
    assert list(read(READER, made)["by_name"]) == ["z", "a", "y", "b"]
    fewer = {"y": tree["by_name"]["y"]}
    assert read(READER, WRITER.written(raw, tree, {**tree, "by_name": fewer}))["by_name"] == fewer


def test_a_member_that_is_removed_or_null_is_not_written():
    raw = message_of("shop.Order", {"event_id": "e", "maybe": 0, "total": MONEY, "card": "c"}).SerializeToString()
    tree = read(READER, raw)
    made = WRITER.written(raw, tree, {**tree, "event_id": None, "maybe": None, "total": None})
    assert message_of("shop.Order").FromString(made) == message_of("shop.Order", {"card": "c"})
    other = {name: value for name, value in tree.items() if name != "card"}
    made = WRITER.written(raw, tree, {**other, "points": 3})
    assert message_of("shop.Order").FromString(made).WhichOneof("pay") == "points"
    null = WRITER.written(raw, tree, {**tree, "value": None})
    assert message_of("shop.Order").FromString(null).value.WhichOneof("kind") == "null_value"


@pytest.mark.parametrize("name", ODD)
def test_what_was_written_oddly_stays_so(name):
    text = (
        'syntax = "proto2"; message M { optional string a = 1; repeated int32 b = 2; optional int32 c = 3; '
        "oneof o { int32 d = 4; string e = 5; } map<string, int32> f = 6; optional M g = 7; }"
    )
    reader, writer = reader_of(text, "M"), ProtobufWriter(files_of_content(text.encode())[0], "M")
    raw = ODD[name]
    whole, fault, _ = reader.read_one(raw, 0)
    if fault:
        return
    tree = json.loads(whole)
    assert writer.written(raw, tree, tree) == raw
    made = writer.written(raw, tree, {**tree, "c": 42})
    after, fault, _ = reader.read_one(made, 0)
    assert (fault, json.loads(after)["c"]) == (0, 42)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"gone": 1}, "its schema has no member gone"),
        ({"i32": 2**31}, "i32: its schema refuses 2147483648"),
        ({"i64": "x"}, 'i64: its schema refuses "x"'),
        ({"event_id": 1}, "event_id: its schema refuses 1"),
        ({"state": "LOST"}, 'state: its schema refuses "LOST"'),
        ({"total": {"cents": 1, "gone": 2}}, "total: .*gone"),
        ({"raw": 5}, "raw: its schema refuses 5"),
        ({"at": "yesterday"}, "at: its schema refuses"),
        ({"sums": [1]}, "sums: its schema refuses"),
        ({"by_name": [1]}, "by_name: its schema refuses"),
        ({"@unknown": {"997": ["x"]}}, "its schema has no member @unknown"),
    ],
)
def test_what_does_not_fit_is_refused(members, reason):
    with pytest.raises(NotWritableError, match=reason):
        changed(message_of("shop.Order", {"event_id": "e"}).SerializeToString(), **members)


def test_what_is_no_message_with_fields_is_refused():
    with pytest.raises(NotWritableError, match="it is no object"):
        WRITER.written(b"", {}, [])
    with pytest.raises(NotWritableError, match="its schema cannot be used to write"):
        ProtobufWriter(FILES, "shop.Gone")


def test_the_path_before_a_message_names_it():
    assert index_of(b"\x04\x02\x00rest", 0) == ([1, 0], 3)
    assert index_of(b"\x00rest", 0) == ([], 1)
    assert message_at(FILES, MAIN, []) == "shop.Money"
    assert message_at(FILES, MAIN, [1, 0, 0]) == "shop.Order.Line.Part"
    with pytest.raises(NotWritableError, match="no message at this index"):
        message_at(FILES, MAIN, [7])
