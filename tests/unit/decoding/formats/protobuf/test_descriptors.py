"""Schemas of Protobuf: references, texts of registries, and what protoc refuses."""

from __future__ import annotations

import base64
import json
import sys

import pytest

from workbench.decoding.formats.protobuf import descriptors
from workbench.decoding.formats.protobuf.descriptors import files_of_content, files_of_schema
from workbench.decoding.formats.protobuf.program import compile_files
from workbench.decoding.formats.schema_error import SchemaError
from workbench.model.schemas import Schema, SchemaReference

MONEY = 'syntax = "proto3"; package pay; message Money { int64 cents = 1; }'
ORDER = 'syntax = "proto3"; import "pay/money.proto"; message Order { pay.Money sum = 1; }'
REFERENCE = SchemaReference("pay/money.proto", "money", 2)
RAW = b"\x0a\x02\x08\x05"


def read(files, raw=RAW):
    return json.loads(compile_files(*files).read_one(raw, 0)[0])


def test_references_are_imported_by_their_names():
    order = Schema(1, "PROTOBUF", ORDER, (REFERENCE,))
    with pytest.raises(SchemaError, match="money version 2, which is not known"):
        files_of_schema(order, {})
    assert read(files_of_schema(order, {("money", 2): Schema(2, "PROTOBUF", MONEY)})) == {"sum": {"cents": 5}}


def test_descriptors_in_base64_are_read_as_python_clients_register_them():
    files, _ = files_of_schema(Schema(1, "PROTOBUF", ORDER, (REFERENCE,)), {("money", 2): Schema(2, "PROTOBUF", MONEY)})
    by_name = {file.name: base64.b64encode(file.SerializeToString()).decode() for file in files}
    order = Schema(1, "PROTOBUF", by_name["value.proto"], (REFERENCE,))
    known = {("money", 2): Schema(2, "PROTOBUF", by_name["pay/money.proto"])}
    assert read(files_of_schema(order, known)) == {"sum": {"cents": 5}}


REFUSED = {
    "no proto": ("message {", "protoc refuses it: value.proto:1"),
    "an import that is not there": ('syntax = "proto3"; import "confluent/meta.proto"; message M {}', "confluent/meta"),
    "an import of itself": ('syntax = "proto3"; import "value.proto"; message M {}', "protoc refuses it"),
    "nested deeply": (
        'syntax = "proto3";' + "message M {" * 20_000 + "}" * 20_000,
        "protoc refuses it|did not compile",
    ),
    "no message": ('syntax = "proto3";', "no message"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_that_cannot_be_used_says_why(name):
    text, reason = REFUSED[name]
    with pytest.raises(SchemaError, match=reason):
        compile_files(*files_of_schema(Schema(1, "PROTOBUF", text), {}))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "", "value.proto"])
def test_names_of_references_stay_in_their_folder(name):
    order = Schema(1, "PROTOBUF", ORDER, (SchemaReference(name, "money", 2),))
    with pytest.raises(SchemaError, match="no name of a file"):
        files_of_schema(order, {("money", 2): Schema(2, "PROTOBUF", MONEY)})


def test_bytes_that_are_no_schema_are_refused():
    with pytest.raises(SchemaError, match="neither a descriptor set nor"):
        files_of_content(b"\xff\xfe\xfd")


def test_without_the_extra_the_reason_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc_tools", None)
    with pytest.raises(SchemaError, match=r"eventbus-workbench\[protobuf\]"):
        descriptors.files_of_schema(Schema(1, "PROTOBUF", MONEY), {})
