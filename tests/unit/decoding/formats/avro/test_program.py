"""Values that fastavro wrote are read to what fastavro reads; hostile bytes and schemas are a reason each."""

from __future__ import annotations

import base64
import io
import json
import time

import fastavro
import numpy as np
import pytest
from avro_values import ALL, CASES, DURATION, LONGS, NODE, NUMBERS
from hypothesis import given, settings
from hypothesis import strategies as st
from serialised_values import avro_bytes, avro_schema, schemas_of

from workbench.decoding.formats.avro.names import fingerprint, load, parse
from workbench.decoding.formats.avro.program import compile_schema
from workbench.decoding.formats.schema_error import SchemaError
from workbench.model.schemas import Schema, SchemaReference


def reader(schema, expected=None, references=(), referenced=None):
    writer = load(avro_schema(1, schema, *references), referenced or {})
    return compile_schema(writer, None if expected is None else load(avro_schema(2, expected), {}))


def read(schema, raw, expected=None):
    text, fault, _ = reader(schema, expected).read_one(raw, 0)
    assert not fault
    return json.loads(text)


@pytest.mark.parametrize("name", CASES)
def test_what_fastavro_wrote(name):
    schema, value, wanted = CASES[name]
    assert read(schema, avro_bytes(schema, value)) == wanted


def test_a_duration_has_three_parts():
    raw = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + (2**32 - 1).to_bytes(4, "little")
    assert read(DURATION, raw) == {"months": 1, "days": 2, "milliseconds": 2**32 - 1}


ANY, ODD = reader(ALL), reader([ALL, NODE, "bytes"])


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries(
        {
            "s": st.text(st.characters(exclude_categories=["Cs"])),
            "l": LONGS,
            "d": NUMBERS,
            "f": st.floats(width=32, allow_nan=False, allow_infinity=False),
            "b": st.binary(max_size=9),
            "a": st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | LONGS),
            "m": st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), NUMBERS),
        }
    )
)
def test_any_value_is_read_as_fastavro_reads_it(value):
    text, _, _ = ANY.read_one(avro_bytes(ALL, value), 0)
    found = json.loads(text)
    assert base64.b64decode(found.pop("b")) == value.pop("b")
    assert np.float32(found.pop("f")) == np.float32(value.pop("f"))
    assert found == value


WRITTEN = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "int"},
        {"name": "gone", "type": {"type": "array", "items": "string"}},
        {"name": "state", "type": {"type": "enum", "name": "S", "symbols": ["NEW", "ODD"]}},
        {"name": "note", "type": "string"},
    ],
}
EXPECTED = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "number", "aliases": ["id"], "type": "double"},
        {"name": "state", "type": {"type": "enum", "name": "S", "symbols": ["NEW", "OTHER"], "default": "OTHER"}},
        {"name": "note", "type": ["null", "string"]},
        {"name": "currency", "type": "string", "default": "EUR"},
        {"name": "tags", "type": {"type": "array", "items": "bytes"}, "default": ["\u00ff"]},
        {"name": "more", "type": ["null", "long"], "default": None},
    ],
}


def test_a_readers_schema_gives_what_the_reader_expects():
    value = {"id": 7, "gone": ["x", "y"], "state": "ODD", "note": "n"}
    found = read(WRITTEN, avro_bytes(WRITTEN, value), EXPECTED)
    assert found == {"number": 7, "state": "OTHER", "note": "n", "currency": "EUR", "tags": ["/w=="], "more": None}
    theirs = fastavro.schemaless_reader(io.BytesIO(avro_bytes(WRITTEN, value)), WRITTEN, EXPECTED)
    assert {name: found[name] for name in ("number", "state", "note", "currency", "more")} == {
        name: theirs[name] for name in ("number", "state", "note", "currency", "more")
    }


def test_schemas_that_do_not_fit_each_other_are_refused():
    with pytest.raises(SchemaError, match=r"reader.* string where long"):
        reader("long", "string")
    with pytest.raises(SchemaError, match="no default"):
        reader(WRITTEN, {"type": "record", "name": "Order", "fields": [{"name": "x", "type": "int"}]})


def test_references_are_found_by_subject_and_version():
    money = {"type": "record", "name": "Money", "namespace": "pay", "fields": [{"name": "cents", "type": "long"}]}
    order = {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "sum", "type": "pay.Money"}]}
    reference = SchemaReference("pay.Money", "money", 2)
    with pytest.raises(SchemaError, match="money version 2, which is not known"):
        reader(order, None, [reference])
    found = reader(order, None, [reference], referenced={("money", 2): avro_schema(3, money)})
    assert found.read_one(b"\x0a", 0)[0] == b'{"sum":{"cents":5}}'


def test_references_that_refer_to_each_other_end():
    a, b = SchemaReference("A", "a", 1), SchemaReference("B", "b", 1)
    one = Schema(1, "AVRO", '{"type":"record","name":"A","fields":[{"name":"b","type":["null","B"]}]}', (b,))
    two = Schema(2, "AVRO", '{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]}]}', (a,))
    found = compile_schema(load(one, {("b", 1): two, ("a", 1): one}))
    assert found.read_one(b"\x02\x02\x00", 0)[0] == b'{"b":{"a":{"b":null}}}'


@pytest.mark.parametrize("name", CASES)
def test_cut_off_and_trailing_bytes_are_faults(name):
    schema, value, _ = CASES[name]
    raw, made = avro_bytes(schema, value), reader(schema)
    assert all(made.read_one(raw[:size], 0)[0] is None for size in range(len(raw)))
    assert made.read_one(raw + b"\0", 0)[1:] == (9, len(raw))


HOSTILE = {
    "a huge length": ("string", b"\xfe\xff\xff\xff\x0f", 1),
    "a negative length": ("string", b"\x01", 6),
    "a number without an end": ("long", b"\xff" * 20, 2),
    "a branch that is not there": (["null", "int"], b"\x04", 3),
    "a symbol that is not there": ({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x02", 4),
    "no text": ("string", b"\x02\xff", 5),
    "items without bytes": ({"type": "array", "items": "null"}, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 8),
    "the smallest count": ({"type": "array", "items": "null"}, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00", 8),
    "a list without an end": (NODE, b"\x00\x02" * 100_000, 7),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_fault_at_once(name):
    schema, raw, fault = HOSTILE[name]
    begin = time.process_time()
    assert reader(schema).read_one(raw, 0)[:2] == (None, fault)
    assert time.process_time() - begin < 1


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_fault(raw):
    text, fault, at = ODD.read_one(raw, 0)
    assert (text is None) == bool(fault)
    assert 0 <= at <= len(raw)
    if text is not None:
        json.loads(text)


def deep(levels):
    return '{"type":"array","items":' * levels + '"int"' + "}" * levels


BAD_SCHEMAS = {
    "no JSON": ("{", "no JSON"),
    "nested deeply": (deep(100_000), "no JSON|nested too deeply"),
    "nested": (deep(600), "nested too deeply"),
    "an unknown type": ('"money"', "no type 'money'"),
    "no name": ('{"type":"record","fields":[]}', "no name"),
    "no fields": ('{"type":"record","name":"R"}', "no fields"),
    "fields that are none": ('{"type":"record","name":"R","fields":[1]}', "not valid"),
    "a number": ("5", "no type"),
    "a size below zero": ('{"type":"fixed","name":"F","size":-1}', "size -1"),
    "symbols that are none": ('{"type":"enum","name":"E","symbols":[1]}', "no text"),
}


@pytest.mark.parametrize("name", BAD_SCHEMAS)
def test_a_schema_that_cannot_be_used_says_why(name):
    text, reason = BAD_SCHEMAS[name]
    with pytest.raises(SchemaError, match=reason):
        compile_schema(load(Schema(1, "AVRO", text), {}))


def test_a_schema_of_5_mb_is_read_in_bounded_time():
    fields = [{"name": f"field_{at}", "type": "int", "doc": "x" * 200} for at in range(20_000)]
    text = json.dumps({"type": "record", "name": "Wide", "fields": fields})
    assert len(text) > 5 << 20 or len(text) > 4_000_000
    begin = time.process_time()
    found = compile_schema(load(Schema(1, "AVRO", text), {}))
    assert time.process_time() - begin < 5
    assert found.read_one(bytes(20_000), 0)[0].startswith(b'{"field_0":0,"field_1":0')


@pytest.mark.parametrize("schema", [NODE, ALL, WRITTEN, "long", {"type": "long"}])
def test_fingerprints_are_those_of_fastavro(schema):
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    theirs = fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")
    assert fingerprint(parse(json.dumps(schema))).hex() == theirs
    assert schemas_of(avro_schema(1, schema)).by_id[1].type == "AVRO"
