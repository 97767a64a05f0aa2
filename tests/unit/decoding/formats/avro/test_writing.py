"""Values that fastavro wrote are written again byte for byte; what does not fit the schema is refused."""

from __future__ import annotations

import json

import pytest
from avro_values import ALL, CASES, DURATION, LONGS, NODE, NUMBERS, logical
from hypothesis import given
from hypothesis import strategies as st
from serialised_values import avro_bytes, avro_schema

from workbench.decoding.formats.avro.names import load
from workbench.decoding.formats.avro.program import program_of
from workbench.decoding.formats.avro.writing import AvroWriter
from workbench.decoding.formats.value_writer import NotWritableError


def tools(schema):
    program = program_of(load(avro_schema(1, schema), {}))
    return program.reader(), AvroWriter(program)


def read(reader, raw):
    text, fault, at = reader.read_one(raw, 0)
    assert not fault, (fault, at)
    return json.loads(text)


@pytest.mark.parametrize("name", CASES)
def test_what_fastavro_wrote_is_written_again(name):
    schema, value, _ = CASES[name]
    raw = avro_bytes(schema, value)
    reader, writer = tools(schema)
    assert writer.write(read(reader, raw)) == raw


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ANY = tools(ALL)


@given(
    st.fixed_dictionaries(
        {
            "s": TEXTS,
            "l": LONGS,
            "d": NUMBERS,
            "f": st.floats(width=32, allow_nan=False, allow_infinity=False),
            "b": st.binary(max_size=9),
            "a": st.lists(st.none() | TEXTS | LONGS, max_size=4),
            "m": st.dictionaries(TEXTS, NUMBERS, max_size=3),
        }
    ),
    TEXTS,
)
def test_a_change_leaves_the_rest(value, text):
    raw = avro_bytes(ALL, value)
    reader, writer = ANY
    tree = read(reader, raw)
    made = writer.written(raw, tree, {**tree, "s": text})
    assert made == avro_bytes(ALL, {**value, "s": text})


def test_a_duration_is_written_again():
    raw = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + (2**32 - 1).to_bytes(4, "little")
    reader, writer = tools(DURATION)
    assert writer.write(read(reader, raw)) == raw


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("2026-01-02T04:04:05.678901+01:00", "2026-01-02T03:04:05.678901Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02 03:04:05.6Z", "2026-01-02T03:04:05.600000Z"),
        ("1969-12-31T19:00:00-05:00", "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_times_may_be_written_otherwise(text, like):
    reader, writer = tools(logical("long", "timestamp-micros"))
    assert read(reader, writer.write(text)) == like


MOMENT = logical("long", "timestamp-millis")
LOCAL = logical("long", "local-timestamp-millis")
MONEY = logical("bytes", "decimal", precision=9, scale=2)
RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", {"type": "array", "items": NODE}]}]}
FIXED = {"type": "fixed", "name": "F", "size": 2}


@pytest.mark.parametrize(
    ("schema", "tree", "reason"),
    [
        ("int", 2**31, "2147483648 has more than 32 bits"),
        ("long", -(2**63) - 1, "has more than 64 bits"),
        ("long", True, "it is true, and its schema wants a whole number"),
        ("long", 1.5, "it is 1.5, and its schema wants a whole number"),
        ("double", "1.5", 'it is "1.5", and its schema wants a number'),
        ("double", False, "it is false, and its schema wants a number"),
        ("float", 1e300, "too large"),
        ("double", 10**309, "too large"),
        ("string", 1, "wants a text"),
        ("string", "\ud800", "cannot be written in UTF-8"),
        ("null", 0, "wants null"),
        ("boolean", 0, "wants true or false"),
        ("bytes", "?", "is no base64"),
        (FIXED, "YWJj", "it has 3 bytes, and its schema wants 2"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", "B is no symbol of its enum"),
        (["null", "long"], "x", "it fits no branch of its union"),
        (RECORD, {}, "its member a is missing"),
        (RECORD, {"a": None, "b": 1}, "its schema has no member b"),
        (RECORD, {"a": [{"v": 1, "next": {"v": "x", "next": None}}]}, 'a.0.next.v: it is "x"'),
        (MOMENT, "2026-01-02T03:04:05.6789Z", "more than 3 digits"),
        (MOMENT, "2026-01-02T03:04:05", "with its zone"),
        (LOCAL, "2026-01-02T03:04:05Z", "without zone"),
        (MOMENT, "2026-02-30T03:04:05Z", "is no date"),
        (MOMENT, "2026-02-03T24:04:05Z", "none of the day"),
        (logical("int", "date"), "tomorrow", "is no date"),
        (logical("int", "time-millis"), "3:04", "a time of day such as"),
        (MONEY, "1.234", "with 2 digits behind the point"),
        (MONEY, 12, "a decimal as text"),
        (logical(FIXED, "decimal", precision=4, scale=0), "99999", "too large"),
        (logical({"type": "fixed", "name": "U", "size": 16}, "uuid"), "x", "is no UUID"),
        (DURATION, {"months": 1}, "months, days and milliseconds"),
        (DURATION, {"months": -1, "days": 0, "milliseconds": 0}, "no whole number of 32 bits"),
    ],
)
def test_what_does_not_fit_is_refused(schema, tree, reason):
    with pytest.raises(NotWritableError, match=reason):
        tools(schema)[1].write(tree)


@pytest.mark.parametrize(
    ("schema", "raw"),
    [
        ({"type": "array", "items": "long"}, b"\x02\x02\x02\x04\x00"),
        ({"type": "array", "items": "long"}, b"\x03\x04\x02\x04\x00"),
        ("long", b"\x82\x00"),
        (["string", {"type": "enum", "name": "E", "symbols": ["A"]}], b"\x02\x00"),
        (["bytes", "string"], b"\x02\x08YWJj"),
    ],
    ids=["two blocks", "a block with its size", "a long number", "an enum beside a text", "a text beside bytes"],
)
def test_what_was_written_otherwise_is_refused_before_it_is_changed(schema, raw):
    reader, writer = tools(schema)
    tree = read(reader, raw)
    with pytest.raises(NotWritableError, match="would not be written again as they are"):
        writer.written(raw, tree, tree)


def test_depth_is_bounded():
    tree = None
    for _ in range(400):
        tree = {"v": 1, "next": tree}
    with pytest.raises(NotWritableError, match="nested too deeply"):
        tools(NODE)[1].write(tree)
