"""JSON read exactly, with and without recursion."""

from __future__ import annotations

import pytest

from workbench.decoding.formats.json import parse_json, read_json
from workbench.decoding.formats.registry import BUILTIN_FORMATS, read_value
from workbench.decoding.value_tree import MISSING, NumberText


def read_body(value):
    return read_value("t", (), value, BUILTIN_FORMATS).tree


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[1,]", '{"a":1,}', "01", "+1", "'a'", '"\x01"', "", "{}x", '"\\q"', "[1", "nul"]
)
def test_what_is_not_json(text):
    assert read_json(text) is MISSING
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_json_keeps_literals_and_the_last_of_repeated_keys():
    assert read_json('{"a": 1, "a": 1.10, "b": 123456789012345678901234567890}') == {
        "a": "1.10",
        "b": "123456789012345678901234567890",
    }
    assert isinstance(read_json("1e5"), NumberText)


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
