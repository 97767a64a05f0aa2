"""A guest asks the schema registry: definitions by id and by subject, and registers one of its own."""

from __future__ import annotations

import struct

import pytest
from wat_guests import guest, records, run

from workbench.model.schemas import Schema, SchemaReference
from workbench.transforms import SubjectSchemas
from workbench.transforms.guest.module import check_module
from workbench.transforms.guest.registry_functions import decode_definition, encode_definition
from workbench.transforms.payload import PayloadError

IMPORTS = """
  (import "redpanda_schema_registry" "check_abi_version_0" (func $mark_0))
  (import "redpanda_schema_registry" "get_schema_definition_len" (func $id_length (param i32 i32) (result i32)))
  (import "redpanda_schema_registry" "get_schema_definition" (func $id (param i32 i32 i32) (result i32)))
  (import "redpanda_schema_registry" "get_subject_schema_len" (func $subject_length (param i32 i32 i32 i32) (result i32)))
  (import "redpanda_schema_registry" "get_subject_schema" (func $subject (param i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_schema_registry" "create_subject_schema" (func $create (param i32 i32 i32 i32 i32) (result i32)))
"""  # noqa: E501
DUMP = """
  (func $dump (param $from i32) (param $size i32)
    (i32.store8 (i32.const 3000) (i32.const 1))
    (i32.store8 (i32.const 3001) (i32.shl (local.get $size) (i32.const 1)))
    (memory.copy (i32.const 3002) (local.get $from) (local.get $size))
    (i32.store8 (i32.add (i32.const 3002) (local.get $size)) (i32.const 0))
    (drop (call $write (i32.const 3000) (i32.add (i32.const 3) (local.get $size)))))
  (data (i32.const 512) "orders-value")
"""
AVRO = Schema(7, "AVRO", '"string"', (SchemaReference("a", "b", 3),))
JSON = Schema(9, "JSON", "{}")


def answers(call, schemas, size=16):
    """The result of a call, the number stored at 6100, and the start of what was stored at 6200."""
    code = f"(i32.store (i32.const 6000) {call}) (call $dump (i32.const 6000) (i32.const 4)) "
    code += f"(call $dump (i32.const 6100) (i32.const 4)) (call $dump (i32.const 6200) (i32.const {size}))"
    made, found = run(guest(code, imports=IMPORTS, rest=DUMP), records([b"x"]), schemas=schemas)
    assert made.errors == []
    first, second, third = (one["value"] for one in found)
    return struct.unpack("<i", first)[0], struct.unpack("<i", second)[0], third


def known():
    return SubjectSchemas({"orders-value": [AVRO, JSON]})


SUBJECT = "(i32.const 512) (i32.const 12)"


@pytest.mark.parametrize(
    ("call", "result", "stored", "data"),
    [
        ("(call $id_length (i32.const 7) (i32.const 6100))", 0, 16, b""),
        ("(call $id (i32.const 7) (i32.const 6200) (i32.const 16))", 16, 0, encode_definition(AVRO)),
        ("(call $id (i32.const 7) (i32.const 6200) (i32.const 15))", -2, 0, b""),
        ("(call $id (i32.const 8) (i32.const 6200) (i32.const 99))", -2, 0, b""),
        (f"(call $subject_length {SUBJECT} (i32.const -1) (i32.const 6100))", 0, 7, b""),
        (f"(call $subject {SUBJECT} (i32.const -1) (i32.const 6200) (i32.const 99))", 7, 0, b"\x12\x04\x04\x04{}\0"),
        (f"(call $subject {SUBJECT} (i32.const 1) (i32.const 6200) (i32.const 99))", 18, 0, b"\x0e\x02" + encode_definition(AVRO)),  # noqa: E501
        (f"(call $subject {SUBJECT} (i32.const 3) (i32.const 6200) (i32.const 99))", -2, 0, b""),
        ("(call $subject (i32.const 512) (i32.const 3) (i32.const 1) (i32.const 6200) (i32.const 99))", -2, 0, b""),
    ],
)  # fmt: skip
def test_definitions_by_id_and_by_subject(call, result, stored, data):
    found = answers(call, known(), size=max(len(data), 1))
    assert found[:2] == (result, stored)
    assert found[2][: len(data)] == data


def test_a_schema_is_registered_once():
    schemas = known()
    text = "".join(f"\\{byte:02x}" for byte in encode_definition(Schema(0, "PROTOBUF", "syntax")))
    code = f"""(i32.store (i32.const 6000) (call $create {SUBJECT} (i32.const 600) (i32.const 9) (i32.const 6100)))
        (call $dump (i32.const 6000) (i32.const 4)) (call $dump (i32.const 6100) (i32.const 4))"""
    guest_text = guest(code, imports=IMPORTS, rest=f'{DUMP} (data (i32.const 600) "{text}")')
    _, found = run(guest_text, records([b"x", b"y"]), schemas=schemas)
    assert [struct.unpack("<i", one["value"])[0] for one in found] == [0, 10, 0, 10]
    assert schemas.by_subject("orders-value", None) == (3, Schema(10, "PROTOBUF", "syntax"))


def test_a_module_that_asks_the_registry_says_so():
    assert check_module("v", guest(imports=IMPORTS).encode()).uses_registry


def test_without_schemas_the_registry_is_off():
    for call in (
        "(call $id (i32.const 7) (i32.const 6200) (i32.const 17))",
        f"(call $subject {SUBJECT} (i32.const 1) (i32.const 6200) (i32.const 99))",
        f"(call $create {SUBJECT} (i32.const 600) (i32.const 9) (i32.const 6100))",
    ):
        assert answers(call, None)[0] == -1


@pytest.mark.parametrize(
    "data", [b"", b"\x06\x00\x00", b"\x00\x00\x01", b"\x00\x02\xff\x00", b"\x00\x00\x02", b"\x00\x00\x00\x00"]
)
def test_what_is_no_definition_is_an_error(data):
    with pytest.raises(PayloadError):
        decode_definition(data)


@pytest.mark.parametrize("schema", [AVRO, JSON])
def test_definitions_come_back(schema):
    assert decode_definition(encode_definition(schema)) == Schema(0, schema.type, schema.text, schema.references)
