"""A schema is written as registries take it: JSON inside JSON, keys in the user's order, faults found before."""

from __future__ import annotations

import json

import pytest

from workbench.bus.registry.bodies import schema_body
from workbench.errors import ValidationError
from workbench.model.schemas import SchemaReference


def test_json_becomes_a_text_without_blanks_in_the_order_of_its_keys():
    body = schema_body({"type": "object", "title": "ä", "properties": {}}, "JSON", ())
    assert body == {"schema": '{"type":"object","title":"ä","properties":{}}', "schemaType": "JSON"}
    assert json.loads(json.loads(json.dumps(body))["schema"])["title"] == "ä"


def test_a_text_is_sent_as_it_is():
    assert schema_body('{ "type" : "string" }', "JSON", ())["schema"] == '{ "type" : "string" }'
    assert schema_body("string", "AVRO", ())["schema"] == '"string"'
    assert schema_body(["null", "string"], "AVRO", ())["schema"] == '["null","string"]'


def test_protobuf_is_the_text_of_a_file():
    proto = 'syntax = "proto3";'
    assert schema_body(proto, "PROTOBUF", ()) == {"schema": proto, "schemaType": "PROTOBUF"}
    named = [{"name": "a.proto", "subject": "a", "version": 1}]
    body = schema_body({"proto": proto, "references": named}, "PROTOBUF", ())
    assert body["references"] == named
    assert schema_body(proto, "PROTOBUF", [SchemaReference("a.proto", "a", 1)])["references"] == named
    for wrong in ({"file": proto}, {"proto": 7}, 7, {"proto": proto, "path": "x"}):
        with pytest.raises(ValidationError, match="PROTOBUF schema"):
            schema_body(wrong, "PROTOBUF", ())


@pytest.mark.parametrize(
    ("definition", "kind", "said"),
    [
        ("{", "JSON", "no JSON"),
        ({"a": {1, 2}}, "JSON", "cannot be written as JSON"),
        ([], "JSON", "a JSON object"),
        ({"type": "objct-type"}, "JSON", "no JSON schema"),
        ({"type": "record", "fields": []}, "AVRO", "no Avro schema"),
        ({"type": "record", "name": "A", "fields": [{"name": "b", "type": "B"}]}, "AVRO", "'B' is unknown"),
        ("{}", "AVRO", "no Avro schema"),
        ("x", "XML", "no type of schemas"),
    ],
)
def test_faults_are_found_before_anything_is_sent(definition, kind, said):
    with pytest.raises(ValidationError, match=said):
        schema_body(definition, kind, ())


def test_deep_schemas_are_a_reason():
    deep = {"type": "string"}
    for _ in range(5_000):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(ValidationError):
        schema_body(deep, "JSON", ())
