"""The encoding of records that transforms read and write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.transforms.payload import (
    Payload,
    PayloadError,
    PayloadReader,
    decode_payload,
    encode_payload,
    encode_varint,
)

VARINTS = [
    (0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (2**31 - 1, "feffffff0f"), (64, "8001"), (-64, "7f"), (-65, "8101"),
    (300, "d804"), (2**63 - 1, "feffffffffffffffff01"), (-(2**63), "ffffffffffffffffff01"),
]  # fmt: skip
PAYLOADS = [
    (Payload(b"k", b"v"), "026b027600"),
    (Payload(None, None), "010100"),
    (Payload(b"", b""), "000000"),
    (Payload(b"k", None, ((b"a", None), (b"a", b""), (b"h", b"1"))), "026b010602610102610002680231"),
]


@pytest.mark.parametrize(("number", "encoded"), VARINTS)
def test_varints_have_the_bytes_of_kafka(number, encoded):
    assert encode_varint(number).hex() == encoded
    assert PayloadReader(bytes.fromhex(encoded)).varint("it") == number


@pytest.mark.parametrize(("payload", "encoded"), PAYLOADS)
def test_payloads_have_the_bytes_of_a_broker(payload, encoded):
    assert payload.encode().hex() == encoded
    assert decode_payload(bytes.fromhex(encoded)) == payload


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        ("", "ends at byte 0, inside the length of the key"),
        ("02", "has the length 1, and the payload has 0 left"),
        ("030000", "length of the key is -2, below -1"),
        ("000001", "number of headers is -1, below 0"),
        ("00000000", "1 more follow"),
        ("000002", "inside the length of a header name"),
        ("0000fe", "inside the number of headers"),
        ("80" * 11, "longer than a varint can be"),
        ("ff" * 9 + "7f", "more than 64 bits"),
        ("feffffffffffffffff01", "length 9223372036854775807"),
        ("0000feffffffffffffffff01", "inside the length of a header name"),
    ],
)
def test_what_is_no_payload_says_why(encoded, why):
    with pytest.raises(PayloadError, match=why):
        decode_payload(bytes.fromhex(encoded))


BYTES = st.none() | st.binary(max_size=200)


@given(key=BYTES, value=BYTES, headers=st.lists(st.tuples(st.binary(max_size=9), BYTES), max_size=5))
def test_any_record_comes_back_unchanged(key, value, headers):
    assert decode_payload(encode_payload(key, value, headers)) == Payload(key, value, tuple(headers))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    try:
        found = decode_payload(data)
    except PayloadError:
        return
    # A varint may be written longer than it needs to be, so only the meaning is the same.
    assert decode_payload(found.encode()) == found
