"""The strict scanner of JSON bodies against Python's own reader: what it accepts, and what it says of known members."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.columns import bodies as kinds
from workbench.decoding.native.bodies import Bodies, scan
from workbench.decoding.native.members import WORD_BITS, MemberTable

PATHS = [("id",), ("meta",), ("größe",), ("a" * 40,), ("meta", "id"), ("meta", "source"), ("meta", "source", "name")]
BITS = {path: 7 * at for at, path in enumerate(PATHS)} | {("last",): WORD_BITS + 3}
TABLE = MemberTable(BITS)

names = st.sampled_from(["id", "meta", "source", "name", "größe", "a" * 40, "last", "x", "", "id\n", 'q"'])
texts = st.text(max_size=12) | st.sampled_from(['say "hi"', "tab\t", "\\", "🦊", "x" * 30])
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
documents = st.dictionaries(
    names,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)),
    max_size=6,
)


def found(*values: bytes | None) -> Bodies:
    return scan(TABLE, pa.array(values, pa.binary()), np.arange(len(values)))


def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Objects as Python has them, refusing what the scanner leaves to the exact codec."""
    if len(dict(items)) < len(items):
        raise ValueError("a member comes twice")
    return dict(items)


def refuse(word: str) -> Any:
    raise ValueError(word)


def read(value: bytes) -> Any:
    """Python's reader, by the same rules; `json.JSONDecodeError` and `UnicodeDecodeError` are ValueErrors."""
    body = json.loads(value.decode(), object_pairs_hook=pairs, parse_constant=refuse, parse_int=str, parse_float=str)
    json.dumps(body, ensure_ascii=False).encode()
    return body


def at_path(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(body, dict) or name not in body:
            return KeyError
        body = body[name]
    return body


def kind_of(value: Any) -> int:
    if value is KeyError:
        return kinds.ABSENT
    if value == "":
        return kinds.EMPTY
    by_type = {type(None): kinds.NULL, str: kinds.TEXT, bool: kinds.BOOLEAN, dict: kinds.OBJECT, list: kinds.ARRAY}
    return by_type.get(type(value), kinds.NUMBER)


@settings(deadline=None, max_examples=400)
@given(documents, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_known_members_are_where_python_finds_them(document, ascii_only, indent):
    value = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    bodies = found(value)
    if bodies.refused[0]:
        assert any("\\" in json.dumps(name, ensure_ascii=ascii_only) for name in all_names(document))
        return
    assert bodies.members[0] == len(document)
    for path, bit in BITS.items():
        there = at_path(document, path)
        assert bodies.kinds(bit, np.arange(1))[0] == kind_of(there)
        assert bool(bodies.masks[0, bit // WORD_BITS] >> (bit % WORD_BITS) & 1) == (there is not KeyError)
        text = bodies.texts(bit, np.arange(1))[0].as_py()
        if isinstance(there, str) or there is KeyError:
            assert text == (None if there is KeyError else there)
        else:
            assert json.loads(text) == there


def all_names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for inner in value.values() for name in all_names(inner))]
    return [name for inner in value for name in all_names(inner)] if isinstance(value, list) else []


VALID = [
    b"{}",
    b' {\n"id"\t: [ ] , "x":{ } }\r\n',
    b'{"id":-0,"x":[0.0,1e5,-1.5E-300,1E+400]}',
    b'{"x":"\\u00e9\\ud83e\\udd8a\\/\\b\\f\\n\\r\\t\\\\\\""}',
    b'{"x":[[[[{"id":[true,false,null]}]]]]}',
    '{"größe":"\x7f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"}'.encode(),
    b'{"id":", nan","x":":inf,]"}',
    b'{"x":' + b"[" * 500 + b"]" * 500 + b"}",
    b"[]", b' [ {"id": 1}, [2] ]\n', b"1", b" -1.5e3 ", b'"{}"', b"null", b"true",
]  # fmt: skip
INVALID = [
    b"", b" ", b"[", b"[]]", b"[1", b"[1,]", b"1 2", b"01", b"-", b"nul", b'"a', b'"a"b', b"NaN", b"2026-11-28",
    b"{", b"}", b"{}}", b"{} {}", b"{}x", b'{"id"}', b'{"id":}', b'{"id":1,}', b"{,}",
    b'{"id" 1}', b"{id:1}", b"{'id':1}", b'{"id":1 "x":2}', b'{"x":[1,]}', b'{"x":[,1]}', b'{"x":[1 2]}', b'{"x":[1}',
    b'{"x":{]}', b'{"x":NaN}', b'{"x":nan}', b'{"x":Infinity}', b'{"x":-inf}', b'{"x":tru}', b'{"x":truex}',
    b'{"x":nul', b'{"x":01}', b'{"x":-}', b'{"x":+1}', b'{"x":.5}', b'{"x":1.}', b'{"x":1e}', b'{"x":1e+}',
    b'{"x":0x1}', b'{"x":"\n"}', b'{"x":"\x00"}', b'{"x":"\\x41"}', b'{"x":"\\u12G4"}', b'{"x":"\\u123', b'{"x":"\\',
    b'{"x":"abc', b'{"x":"\xff"}', b'{"x":"\xc0\x80"}', b'{"x":"\xe0\x80\x80"}', b'{"x":"\xed\xa0\x80"}',
    b'{"x":"\xf4\x90\x80\x80"}', b'{"x":"\xf0\x8f\xbf\xbf"}', b'{"x":"\xe2\x82"}', b"\xef\xbb\xbf{}", b'{"x":/*c*/1}',
]  # fmt: skip
LEFT_TO_THE_EXACT_CODEC = [
    b'{"id":1,"id":2}',
    b'{"meta":{"id":1,"x":2,"id":2}}',
    b'{"i\\u0064":1}',
    b'{"x":"\\ud800"}',
    b'{"x":"\\udc00\\ud800"}',
    b'{"x":"\\ud800\\u0041"}',
    b'{"x":' + b"[" * 600 + b"]" * 600 + b"}",
]


@pytest.mark.parametrize("value", VALID)
def test_valid_text_is_read(value):
    assert not found(value).refused[0]
    assert read(value) is not None or value == b"null"


@pytest.mark.parametrize("value", INVALID)
def test_invalid_text_is_refused(value):
    assert found(value).refused[0]
    with pytest.raises(ValueError, match=r"."):
        read(value)


@pytest.mark.parametrize("value", LEFT_TO_THE_EXACT_CODEC)
def test_what_may_mean_something_else_is_refused(value):
    assert found(value).refused[0]


@settings(deadline=None, max_examples=600)
@given(st.data())
def test_damaged_text_is_never_read_where_python_refuses_it(data):
    text = json.dumps(data.draw(documents), ensure_ascii=data.draw(st.booleans()))
    value = bytearray(text.encode("utf-8", "replace"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(value) - 1))
        value[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2) | st.sampled_from(PIECES))
        value = value or bytearray(b"{")
    refused = bool(found(bytes(value)).refused[0])
    try:
        read(bytes(value))
        accepted = True
    except (ValueError, RecursionError):
        accepted = False
    assert refused or accepted


PIECES = [b'"', b"\\", b"\\u", b"\\ud83e", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xed\xa0", b"\xf0\x9f", b"e9"]


def test_a_refused_row_leaves_no_trace_in_its_neighbours():
    bodies = found(b'{"id":"a"}', b'{"id":"b","meta":{"id":"c"', b'{"meta":{"id":"d"}}')
    assert bodies.refused.tolist() == [False, True, False]
    assert bodies.masks[1].tolist() == [0, 0]
    assert bodies.texts(BITS["id",], np.arange(3)).to_pylist() == ["a", None, None]
    assert bodies.texts(BITS["meta", "id"], np.arange(3)).to_pylist() == [None, None, "d"]


def test_rows_of_a_slice_are_read_in_the_order_asked_for():
    values = pa.array([b"[]", b'{"id":1}', b'{"id":2}', None, b'{"id":"3\\n"}'], pa.binary())[1:]
    bodies = scan(TABLE, values, np.array([3, 0, 1]))
    assert bodies.texts(BITS["id",], np.array([2, 0])).to_pylist() == ["2", "3\n"]


def test_only_texts_are_unescaped_whatever_stands_in_the_other_rows():
    bodies = found(b'{"id":{"x":"a\\nb"}}', b'{"id":"c\\nd"}', b'{"id":["\\u00e9"]}', b'{"id":"plain"}', b"{}")
    texts = bodies.texts(BITS["id",], np.arange(5))
    assert texts.to_pylist() == ['{"x":"a\\nb"}', "c\nd", '["\\u00e9"]', "plain", None]


def test_no_rows_and_no_paths_are_no_trouble():
    assert len(scan(TABLE, pa.array([], pa.binary()), np.empty(0, np.int64)).masks) == 0
    assert scan(MemberTable({}), pa.array([b"{}"], pa.binary()), np.arange(1)).refused.tolist() == [False]
