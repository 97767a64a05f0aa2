"""Objects and arrays that nobody reads: stepped over, or read member by member where they are deep or have a fault."""

from __future__ import annotations

import pytest
from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

READS = own(event_id="value:id", correlation_id="value:behind", root_id="value:read.id")
UNREAD = b'{"id":"i","x":%s,"behind":"b","read":{"id":"r","y":%s}}'
PARTS = st.sampled_from(
    [b"{", b"}", b"[", b"]", b":", b",", b'"a"', b'"\\u00e9\\ud83e"', b"1", b"-0.5e3", b"null", b" "]
)
GOOD = [
    b"{}",
    b"[]",
    b" { } ",
    b'[ [ ] , { } , [ { "a" : [ ] } ] ]',
    b'{"a":{"b":{"c":[1,2,{"d":null}]}},"e":"\\"}]","f":[[],[[]]]}',
    b'{"id":"inside","behind":{"id":1}}',
    b'["' + "größer 🦊".encode() * 9 + b'"]',
]


def values(inside: bytes) -> list[bytes]:
    return [UNREAD % (inside, b"1"), UNREAD % (b"1", inside), UNREAD % (inside, inside)]


def nested(depth: int, core: bytes = b"1") -> bytes:
    return b'{"a":[' * (depth // 2) + core + b"]}" * (depth // 2)


@pytest.mark.parametrize("inside", GOOD)
def test_what_is_behind_is_read(inside):
    rows = agreed([((), value) for value in values(inside)], READS)
    assert [(row["event_id"], row["correlation_id"], row["root_id"]) for row in rows] == [("i", "b", "r")] * 3


@pytest.mark.parametrize("depth", [2, 62, 64, 66, 128, 700])
def test_any_depth_is_read(depth):
    rows = agreed([((), value) for value in values(nested(depth))], READS)
    assert {row["correlation_id"] for row in rows} == {"b"}


@pytest.mark.parametrize("depth", [2, 64, 66])
@pytest.mark.parametrize("core", [b",", b"1 2", b"01", b'"', b'{"a"}', b"[1,]", b"]", b'{"a":1,}', b"\xff", b'"\xff"'])
def test_a_fault_inside_is_found(depth, core):
    written = [((), value) for value in values(nested(depth, core))]
    rows = agreed([*written, ((), UNREAD % (b"[]", b"{}"))], READS)
    assert [row["format"] for row in rows] == ["damaged"] * 3 + ["json"]


@settings(deadline=None, max_examples=150)
@given(st.lists(PARTS, max_size=9).map(b"".join), st.integers(0, 3))
def test_any_row_of_parts_is_judged_as_python_judges_it(inside, cut):
    whole = UNREAD % (b"[" + inside + b"]", inside or b"{}")
    agreed([((), whole), ((), whole[: len(whole) - 9 * cut])], READS)
