"""Values of MessagePack and CBOR that are changed: other libraries read the change, and nothing else is changed."""

from __future__ import annotations

import copy
import struct
import uuid

import cbor2
import msgpack
import pytest
from binary_values import FORMATS, changed, opened
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.formats.value_writer import NotWritableError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
TREES = st.dictionaries(
    st.text(max_size=40),
    st.recursive(SCALARS, lambda one: st.lists(one) | st.dictionaries(st.text(max_size=9), one), max_leaves=12),
    max_size=18,
)
NEW = st.recursive(SCALARS.filter(lambda one: not isinstance(one, bytes)), st.lists, max_leaves=4)


@pytest.mark.parametrize("name", FORMATS)
@given(tree=TREES, new=NEW)
@settings(max_examples=50)
def test_a_change_is_read_by_the_library_and_all_else_stays(name, tree, new):
    packed, unpacked = FORMATS[name]
    found = opened(name, packed(tree))
    assert found.written(found.tree) == packed(tree)
    added = {**found.tree, "added to it": new}
    assert unpacked(found.written(added)) == {**tree, "added to it": new}
    for member in list(tree)[:3]:
        fewer = copy.deepcopy(found.tree)
        del fewer[member]
        rest = {key: one for key, one in tree.items() if key != member}
        assert found.written(fewer) == packed(rest)


@pytest.mark.parametrize("number", [0, 127, 128, 255, 256, 65536, 1 << 32, -32, -33, -129, -32769, -(1 << 31) - 1])
def test_whole_numbers_are_as_short_as_the_libraries_write_them(number):
    assert changed("msgpack", msgpack.packb({"a": "x"}), {"a": number}) == msgpack.packb({"a": number})
    assert changed("cbor", cbor2.dumps({"a": "x"}), {"a": number}) == cbor2.dumps({"a": number})


def test_a_number_of_32_bits_stays_one_where_it_can():
    for name, code in (("msgpack", b"\xca"), ("cbor", b"\xfa")):
        head = b"\x81\xa1a" if name == "msgpack" else b"\xa1\x61a"
        value = head + code + struct.pack(">f", 0.1)
        assert opened(name, value).tree == {"a": 0.1}
        assert changed(name, value, {"a": 0.2}) == head + code + struct.pack(">f", 0.2)
        wide = {"msgpack": b"\xcb", "cbor": b"\xfb"}[name]
        assert changed(name, value, {"a": 0.123456789}) == head + wide + struct.pack(">d", 0.123456789)


REFUSED = [
    ("msgpack", {"a": b"x"}, {"a": "no base64!"}, "bytes stand there"),
    ("msgpack", {"a": 1}, {"a": 1 << 64}, "more than 64 bits"),
    ("msgpack", {"a": 1}, {"a": "\ud800"}, "cannot be written"),
    ("msgpack", {"a": msgpack.Timestamp(7)}, {"a": "yesterday"}, "yesterday is no time like"),
    ("msgpack", {"a": msgpack.Timestamp(7)}, {"a": "2026-13-02T03:04:05Z"}, "is no time like"),
    ("msgpack", {"a": msgpack.ExtType(5, b"ab")}, {"a": {"ext": 200, "data": ""}}, "an extension stands there"),
    ("msgpack", {"a": msgpack.ExtType(5, b"ab")}, {"a": {"ext": 5}}, "an extension stands there"),
    ("msgpack", {1: 0, "1": 0, "b": 1}, {"1": 0, "b": 2}, "a member twice"),
    ("cbor", {"a": 1}, {"a": 1 << 64}, "is a text here"),
    ("cbor", {"a": 1 << 70}, {"a": "many"}, "a whole number stands there"),
    ("cbor", {"a": uuid.UUID(int=1)}, {"a": "x"}, "a UUID stands there"),
    ("cbor", {"a": cbor2.CBORTag(1, 7)}, {"a": "2026-01-02T03:04:05.5Z"}, "whole seconds"),
    ("cbor", {"a": cbor2.CBORSimpleValue(99)}, {"a": {"simple": 98}}, "JSON has no type for"),
    ("cbor", cbor2.CBORTag(256, {"b": 1}), {"b": 2}, "refer to others"),
]


@pytest.mark.parametrize(("name", "before", "tree", "reason"), REFUSED)
def test_what_cannot_be_written_exactly_says_why(name, before, tree, reason):
    with pytest.raises(NotWritableError, match=reason):
        changed(name, FORMATS[name][0](before), tree)


@given(value=st.binary(max_size=60), name=st.sampled_from(list(FORMATS)))
def test_any_bytes_are_changed_or_give_a_reason(value, name):
    try:
        found = opened(name, value)
        made = found.written({"b": [found.tree]} if not isinstance(found.tree, dict) else {**found.tree, "b": 1})
    except NotWritableError:
        return
    assert made != value
