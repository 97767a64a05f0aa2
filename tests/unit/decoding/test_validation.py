"""Values are validated against JSON and Avro schemas: each fault has its place, and nothing is fetched."""

from __future__ import annotations

import json

import pytest

from workbench.decoding.validation import FAULTS_LIMIT, validate
from workbench.errors import ConfigurationError
from workbench.model.schemas import Schema, SchemaReference

CUSTOMER = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}},
}
MONEY = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
INVOICE = {
    "type": "record",
    "name": "Invoice",
    "fields": [{"name": "sum", "type": "Money"}, {"name": "note", "type": ["null", "string"], "default": None}],
}


def schema(kind, definition, references=()):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return Schema(1, kind, text, tuple(references))


def test_json_faults_have_their_place():
    made = schema("JSON", CUSTOMER)
    assert validate({"name": "Ann", "tags": [1]}, made) == []
    assert validate({"tags": [1, "x"]}, made) == [
        ("$", "'name' is a required property"),
        ("$.tags[1]", "'x' is not of type 'integer'"),
    ]


def test_json_references_come_from_the_registry_alone():
    named = SchemaReference("customer.json", "customer", 1)
    made = schema("JSON", {"$ref": "customer.json"}, [named])
    assert validate({}, made, {("customer", 1): schema("JSON", CUSTOMER)}) == [("$", "'name' is a required property")]
    with pytest.raises(ConfigurationError, match=r"'customer\.json', which is not there"):
        validate({}, made)
    with pytest.raises(ConfigurationError, match="which is not there"):
        validate({}, schema("JSON", {"$ref": "http://127.0.0.1:9/steal"}))


def test_avro_faults_have_their_place():
    made = schema("AVRO", INVOICE, [SchemaReference("Money", "money", 1)])
    referenced = {("money", 1): schema("AVRO", MONEY)}
    assert validate({"sum": {"cents": 1}, "note": None}, made, referenced) == []
    ((place, text),) = validate({"sum": {"cents": "many"}, "note": None}, made, referenced)
    assert place == "$.sum.cents"
    assert "'many'" in text
    with pytest.raises(ConfigurationError, match="no Avro schema"):
        validate({}, made)


def test_a_circle_of_references_ends():
    one = Schema(1, "AVRO", json.dumps(MONEY), (SchemaReference("b", "b", 1),))
    two = Schema(2, "AVRO", '"int"', (SchemaReference("a", "a", 1), SchemaReference("b", "b", 1)))
    validate({"cents": 1}, one, {("b", 1): two})


@pytest.mark.parametrize(
    ("kind", "text"),
    [("JSON", "{"), ("JSON", '{"type": 7}'), ("AVRO", "{}"), ("AVRO", "[" * 5_000), ("PROTOBUF", 'syntax = "proto3";')],
)
def test_a_schema_that_cannot_be_used_is_named(kind, text):
    with pytest.raises(ConfigurationError):
        validate({}, schema(kind, text))


def test_deep_values_and_many_faults_are_bounded():
    deep = []
    for _ in range(5_000):
        deep = [deep]
    nested = {"type": "array", "items": {"$ref": "#"}}
    assert validate(deep, schema("JSON", nested)) == [("$", "the value or its schema is too deep to be validated")]
    many = schema("JSON", {"items": {"type": "string"}})
    assert len(validate([1] * 1_000, many)) == FAULTS_LIMIT
    ((_, text),) = validate("x\x1b" * 1_000, schema("JSON", {"type": "integer"}))
    assert "\x1b" not in text
    assert len(text) < 400


@pytest.mark.parametrize("value", [None, 7, [], {"a": {1, 2}}, b"x", {1: 2}])
def test_any_value_has_faults_instead_of_an_error(value):
    assert validate(value, schema("AVRO", MONEY))
