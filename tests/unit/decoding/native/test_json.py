"""The strict scanner of JSON values against Python's own reader: what it accepts, and what it says of known members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

READS = own(
    event_id="value:id",
    correlation_id="value:meta.id",
    root_id="value:größe",
    request_id="value:last",
    event_type="value:meta.source",
    source="value:meta.source.name",
    destination="value:" + "a" * 40,
    environment="value:list[].id",
    tenant="value:list[id=1].name",
    principal='value:"id\n"',
    cause=[["value:list[].links[].id", "value:[].id"]],
)
names = st.sampled_from(
    ["id", "meta", "source", "name", "list", "links", "größe", "a" * 40, "last", "x", "", "id\n", 'q"']
)
texts = st.text(max_size=12) | st.sampled_from(['say "hi"', "tab\t", "\\", "🦊", "x" * 30, "1"])
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.just(1)
scalars = st.none() | st.booleans() | numbers | texts
documents = st.dictionaries(
    names,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)),
    max_size=6,
)


def decoded(*values: bytes | None) -> list[dict[str, Any]]:
    return agreed([((), value) for value in values], READS)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(documents | st.lists(documents, max_size=2), min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from([None, 1, "\t"]),
)
def test_known_members_are_where_python_finds_them(written: Sequence[Any], ascii_only, indent):
    values = [
        json.dumps(one, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass") for one in written
    ]
    assert {row["format"] for row in decoded(*values)} <= {"json", "raw", "damaged"}


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
    b'{"x":"\xf4\x90\x80\x80"}', b'{"x":"\xf0\x8f\xbf\xbf"}', b'{"x":"\xe2\x82"}', b'{"x":/*c*/1}',
]  # fmt: skip
ODD = [
    b'{"id":1,"id":2}',
    b'{"meta":{"id":1,"source":{"name":"first"}},"meta":{"source":"second"}}',
    b'{"meta":{"id":1,"x":2,"id":null}}',
    b'{"list":[{"id":1,"name":"a","name":"b"},{"id":1,"id":2,"name":"c"}]}',
    b'{"i\\u0064":"escaped name","\\u0069d":"again"}',
    b'{"id":"\\ud800"}',
    b'{"id":"\\udc00\\ud800","meta":{"id":"a\\ud83e\\udd8a"}}',
    b'{"id":"\\ud800\\u0041"}',
    b'{"id":"x","x":' + b"[" * 600 + b"]" * 600 + b"}",
    b'{"schema":{},"payload":{"id":"wrapped"}}',
    b'{"schema":1,"payload":null,"schema":2}',
    b'{"schema":{},"payload":{"id":"not wrapped"},"id":"outer"}',
    b'\xef\xbb\xbf{"id":"behind a mark"}',
    b'\x00\x00\x00\x00\x07{"id":"behind a schema id"}',
    b'\x00\x00\x00\x00\x07\xef\xbb\xbf{"id":1}',
    b' \xef\xbb\xbf{"id":1}',
    b"[2026-11-28 10:00:00] a line of a log",
]


@pytest.mark.parametrize("value", VALID + ODD)
def test_valid_text_is_read_as_python_reads_it(value):
    decoded(value, b'{"id": "neighbour"}', value)


@pytest.mark.parametrize("value", INVALID)
def test_invalid_text_is_refused(value):
    rows = decoded(b'{"id":"a"}', value, b'{"meta":{"id":"d"}}')
    assert rows[1]["format"] != "json"
    # A refused row leaves no trace in its neighbours.
    assert [row["event_id"] for row in rows] == ["a", None, None]


def test_of_repeated_members_the_last_counts():
    rows = decoded(*ODD[:4])
    assert [row["event_id"] for row in rows[:1]] == ["2"]
    assert (rows[1]["correlation_id"], rows[1]["event_type"], rows[1]["source"]) == (None, "second", None)
    assert rows[3]["tenant"] == "b"


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_damaged_text_is_read_as_python_reads_it(data):
    text = json.dumps(data.draw(documents), ensure_ascii=data.draw(st.booleans()))
    value = bytearray(text.encode("utf-8", "replace"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(value) - 1))
        value[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2) | st.sampled_from(PIECES))
        value = value or bytearray(b"{")
    decoded(bytes(value))


PIECES = [b'"', b"\\", b"\\u", b"\\ud83e", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xed\xa0", b"\xf0\x9f", b"e9"]
