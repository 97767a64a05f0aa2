"""Patterns of a stranger's JSON schema are searched in bounded time, and mean what they mean to jsonschema."""

from __future__ import annotations

import json
import time

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from workbench.decoding import schema_patterns
from workbench.decoding.validation import validate
from workbench.errors import ConfigurationError
from workbench.model.schemas import Schema

BOMB, TEXT = "^(a+)+$", "a" * 40 + "!"


def faults(definition, value):
    return validate(value, Schema(7, "JSON", json.dumps(definition)))


@pytest.mark.parametrize(
    "definition",
    [
        {"properties": {"a": {"pattern": BOMB}}},
        {"patternProperties": {BOMB: {"type": "integer"}}, "additionalProperties": False},
        {"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": BOMB}}},
        {"propertyNames": {"$schema": Draft202012Validator.META_SCHEMA["$id"], "pattern": BOMB}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"pattern": BOMB}}},
        {"$defs": {"b": {"$schema": Draft7Validator.META_SCHEMA["$id"], "pattern": BOMB}},
         "properties": {"a": {"$ref": "#/$defs/b"}}},
    ],
)  # fmt: skip
def test_a_pattern_that_backtracks_takes_no_time(definition):
    began = time.process_time()
    assert faults(definition, {"a": TEXT, TEXT: 1}) != []
    assert time.process_time() - began < 2


def test_look_around_is_searched_and_ended_in_time(monkeypatch):
    schema = {"additionalProperties": {"pattern": "^(?!secret)"}}
    assert faults(schema, {"a": "open", "b": "open"}) == []
    assert faults(schema, {"a": "secret"}) == [("$.a", "'secret' does not match '^(?!secret)'")]
    monkeypatch.setattr(schema_patterns, "SECONDS", 0.5)
    with pytest.raises(ConfigurationError, match=r"Schema 7 has patterns such as .* take longer than 500 ms"):
        faults({"additionalProperties": {"pattern": r"^(?=a)(a+)+$"}}, {"a": TEXT, "b": TEXT})


def test_what_is_no_pattern_is_said():
    with pytest.raises(ConfigurationError, match=r"no JSON schema|no regular expression"):
        faults({"pattern": "(?P<"}, "x")


def test_two_keywords_that_cannot_be_searched_together_are_refused():
    with pytest.raises(ConfigurationError, match="patternProperties and unevaluatedProperties"):
        faults({"allOf": [{"patternProperties": {"a": {}}}], "unevaluatedProperties": False}, {"a": 1})


SCHEMAS = [
    {"pattern": "b"},
    {"pattern": "^\\d+$"},
    {"properties": {"x": True}, "patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": False},
    {"patternProperties": {"^n": {"type": "integer"}, "y$": False}, "additionalProperties": {"type": "string"}},
    {"additionalProperties": False},
    {"additionalProperties": {"maxLength": 1}},
]
VALUES = ["abc", "12", "", 1, {}, {"x": 1}, {"n": 1}, {"n": "a"}, {"ny": 1}, {"z": "ab"}, {"z": 1, "q": "\ud800"}, [1]]


@pytest.mark.parametrize("definition", SCHEMAS, ids=str)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_as_valid_as_jsonschema_finds_them(definition, value):
    expected = sorted(error.json_path for error in Draft202012Validator(definition).iter_errors(value))
    assert sorted(place for place, _ in faults(definition, value)) == expected
