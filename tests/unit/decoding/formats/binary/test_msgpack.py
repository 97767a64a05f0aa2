"""A value in MessagePack keeps the types of what an edit replaces."""

from __future__ import annotations

import msgpack
import pytest
from binary_values import changed

MSGPACK = [
    # What is there, what an edit makes of what is read, what a library reads then.
    ({"a": 1.5}, {"a": 2}, {"a": 2.0}),
    ({"a": b"\0\xff"}, {"a": "aGk="}, {"a": b"hi"}),
    ({"a": [1, b"x", "y"]}, {"a": ["eA==", "y"]}, {"a": [b"x", "y"]}),
    ({1: "a", -2: "b"}, {"1": "c", "-2": "b"}, {1: "c", -2: "b"}),
    ({"a": msgpack.ExtType(5, b"ab")}, {"a": {"ext": 6, "data": "eHl6"}}, {"a": msgpack.ExtType(6, b"xyz")}),
    ({"a": msgpack.ExtType(5, b"ab")}, {"a": {"ext": 5, "data": "eA=="}}, {"a": msgpack.ExtType(5, b"x")}),
    ({"a": msgpack.Timestamp(7)}, {"a": "2026-01-02T03:04:05Z"}, {"a": msgpack.Timestamp(1767323045)}),
    ({"a": msgpack.Timestamp(7)}, {"a": "2026-01-02T03:04:05.5Z"}, {"a": msgpack.Timestamp(1767323045, 500_000_000)}),
    ({"a": msgpack.Timestamp(7)}, {"a": "1960-01-01T00:00:00Z"}, {"a": msgpack.Timestamp(-315619200)}),
    ({"a": msgpack.Timestamp(7)}, {"a": "2600-01-01T00:00:00Z"}, {"a": msgpack.Timestamp(19880899200)}),
    ({"a": msgpack.Timestamp(7)}, {"a": None}, {"a": None}),
    ({"a": b"x"}, {"a": 5}, {"a": 5}),
    ({"a": True}, {"a": 1}, {"a": 1}),
    ({"a": list(range(15))}, {"a": list(range(16))}, {"a": list(range(16))}),
    ({"a": 1}, {"a": "x" * 70_000}, {"a": "x" * 70_000}),
    ({"a": b""}, {"a": "AAAA" * 100}, {"a": b"\0" * 300}),
    ({"a": 1}, ["b"], ["b"]),
]


@pytest.mark.parametrize(("before", "tree", "after"), MSGPACK)
def test_messagepack_keeps_the_types_of_what_is_replaced(before, tree, after):
    made = msgpack.unpackb(changed("msgpack", msgpack.packb(before), tree), strict_map_key=False)
    assert made == after
    assert [type(one) for one in made] == [type(one) for one in after]
