"""JSON read exactly, with and without recursion."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.formats.json_text import MISSING, JsonNumber, _read_deep, read_body, read_json


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[1,]", '{"a":1,}', "01", "+1", "'a'", '"\x01"', "", "{}x", '"\\q"', "[1", "nul"]
)
def test_what_is_not_json(text):
    assert read_json(text) is MISSING
    assert _read_deep(text) is MISSING


def test_json_keeps_literals_and_the_last_of_repeated_keys():
    assert read_json('{"a": 1, "a": 1.10, "b": 123456789012345678901234567890}') == {
        "a": "1.10",
        "b": "123456789012345678901234567890",
    }
    assert isinstance(read_json("1e5"), JsonNumber)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(deadline=None)
@given(json_values, st.sampled_from([None, 1]))
def test_reading_without_recursion_gives_the_same(value, indent):
    text = json.dumps(value, indent=indent)
    assert _read_deep(text) == read_json(text)


def test_nesting_deeper_than_the_interpreter_can_recurse():
    depth = 100_000
    body = read_body(b'{"a": ' + b"[" * depth + b"]" * depth + b', "b": {"c": "x"}}')
    assert body["b"] == {"c": "x"}


def test_marks_prefixes_and_wrappers_are_opened():
    assert read_body(b"\xef\xbb\xbf{}") == {}
    assert read_body(b'\x00\x00\x00\x00\x07{"a": true}') == {"a": True}
    assert read_body(b'{"schema": null, "payload": {"a": false}}') == {"a": False}
    assert read_body(b'{"schema": null, "payload": {}, "more": {}}') == {"schema": None, "payload": {}, "more": {}}
    assert read_body(b"\x00\x00\x00\x00\x07binary") is MISSING
    assert read_body(None) is MISSING
