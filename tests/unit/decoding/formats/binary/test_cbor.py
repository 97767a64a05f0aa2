"""A value in CBOR keeps types, tags and endings of what an edit replaces."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import cbor2
import pytest
from binary_values import changed, opened

OLD = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
CBOR = [
    ({"a": 1.5}, {"a": 2}, {"a": 2.0}),
    ({"a": b"\0\xff"}, {"a": "aGk="}, {"a": b"hi"}),
    ({"a": OLD}, {"a": "2027-01-02T03:04:05Z"}, {"a": OLD.replace(year=2027)}),
    ({"a": cbor2.CBORTag(1, 7)}, {"a": "2026-01-02T03:04:05Z"}, {"a": OLD}),
    ({"a": uuid.UUID(int=1)}, {"a": str(uuid.UUID(int=2))}, {"a": uuid.UUID(int=2)}),
    ({"a": 1 << 70}, {"a": str(1 << 71)}, {"a": 1 << 71}),
    ({"a": 1 << 70}, {"a": str(-(1 << 71))}, {"a": -(1 << 71)}),
    ({"a": Decimal("273.15")}, {"a": 1.5}, {"a": Decimal("1.5")}),
    ({"a": Decimal("273.15")}, {"a": -3}, {"a": Decimal(-3)}),
    ({"a": cbor2.CBORTag(4711, "x")}, {"a": "y"}, {"a": cbor2.CBORTag(4711, "y")}),
    ({"a": cbor2.CBORTag(4711, "x")}, {"a": 5}, {"a": 5}),
    ({"a": cbor2.CBORTag(4711, {"b": 1})}, {"a": {"b": 1, "c": 2}}, {"a": cbor2.CBORTag(4711, {"b": 1, "c": 2})}),
    ({7: "x", -1: b"y"}, {"7": "z", "-1": "eQ=="}, {7: "z", -1: b"y"}),
    ({"a": list(range(23))}, {"a": list(range(24))}, {"a": list(range(24))}),
]


@pytest.mark.parametrize(("before", "tree", "after"), CBOR)
def test_cbor_keeps_types_and_tags_of_what_is_replaced(before, tree, after):
    made = cbor2.loads(changed("cbor", cbor2.dumps(before), tree))
    assert made == after
    assert [type(one) for one in made.values()] == [type(one) for one in after.values()]


def test_cbor_without_lengths_stays_without_them():
    value = bytes.fromhex("bf6161 9f01 7f 6162 6163 ff ff 6162 5f 4101 ff ff")
    assert opened("cbor", value).tree == {"a": [1, "bc"], "b": "AQ=="}
    assert changed("cbor", value, {"a": [1, "bc", 2], "b": "AQ=="}) == bytes.fromhex(
        "bf6161 9f01 7f 6162 6163 ff 02 ff 6162 5f 4101 ff ff"
    )
    assert changed("cbor", value, {"b": "Ag=="}) == bytes.fromhex("bf 6162 4102 ff")
