from __future__ import annotations

import uuid

import pytest

from workbench.decoding.conventions.amqp import amqp_value

ID = uuid.UUID("5c1f9d0e-7a3b-4246-8c2d-1e0f9a8b7c6d")
READ = [
    (b"\xa1\x03abc", "abc"),
    (b"\xa3\x03abc", "abc"),
    (b"\xb3\x00\x00\x00\x03abc", "abc"),
    (b"\xa1\x00", ""),
    (b"\xa0\x02\xff\xfe", b"\xff\xfe"),
    (b"\x98" + ID.bytes, str(ID)),
    (b"\x80" + b"\xff" * 8, str(2**64 - 1)),
    (b"\x81" + b"\xff" * 8, "-1"),
    (b"\x83" + (1_772_359_200_000).to_bytes(8, "big"), "1772359200000"),
]
LEFT = [
    b"",
    b"\xa1",
    b"\xa1\x04abc",
    b"\xa1\x02abc",
    b"\xb1\x00\x00",
    b"\xa1\x01\xff",
    b"\x98\x01",
    b"\x81\x01",
    b"abc",
]


@pytest.mark.parametrize(("data", "value"), READ)
def test_a_value_whose_length_fits_is_read(data, value):
    assert amqp_value(data) == value


@pytest.mark.parametrize("data", [*LEFT, b"\xa0\x0e" + ID.bytes[:14]])
def test_other_bytes_are_left(data):
    assert amqp_value(data) is None
