"""Filters by the table of the envelope conventions."""

from __future__ import annotations

import pytest

from workbench.decoding.conventions.filters import FILTERS

UUID = "00000000-0000-4000-8000-0000000000a2"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("be", bytes.fromhex("00000007"), "7"),
        ("be", bytes.fromhex("00000000075bcd15"), "123456789"),
        ("le", bytes.fromhex("15cd5b0700000000"), "123456789"),
        ("be", bytes.fromhex("0000018bcfe56800"), "1700000000000"),
        ("be", bytes.fromhex("019ca8d72e90"), "1772359200400"),
        ("be", b"\xff", "-1"),
        ("be", b"42", "42"),
        ("be", b"", None),
        ("be", b"123456789\x00", None),
        ("le", b"\x01\x02", None),
        ("uuid", bytes.fromhex("00000000000040008000000000000077"), "00000000-0000-4000-8000-000000000077"),
        ("uuid_le", bytes.fromhex("00112233445566778899aabbccddeeff"), "33221100-5544-7766-8899-aabbccddeeff"),
        ("uuid", "000000000000400080000000000000A2", UUID),
        ("uuid", "order-1", "order-1"),
        ("urn", "urn:message:Shop:Order", "Shop:Order"),
        ("typename", b"Shop.OrderBilled, Shop.Contracts, Version=1.0.0.0;Shop.IEvent", b"Shop.OrderBilled"),
        ("pgtx", "77:991", b"77"),
        ("pgtx", "0e4d5dcd-a33b:10", "0e4d5dcd-a33b:10"),
    ],
)
def test_filters(name, value, expected):
    assert FILTERS[name](value) == expected
