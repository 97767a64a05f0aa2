"""MessagePack and CBOR are read as their libraries read them; any bytes are JSON or a fault, in bounded memory."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import uuid

import cbor2
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.cbor import CborReader
from workbench.decoding.native.msgpack import MsgpackReader

FORMATS = {"msgpack": (MsgpackReader(), msgpack.packb), "cbor": (CborReader(), cbor2.dumps)}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(TEXTS, inner, max_size=20),
    max_leaves=30,
)
MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=100)
@given(VALUES)
def test_what_the_library_wrote_is_read(name, value):
    reader, write = FORMATS[name]
    text, fault, _ = reader.read_one(write(value), 0)
    assert not fault
    assert json.loads(text) == value


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_a_fault(name, raw):
    text, fault, at = FORMATS[name][0].read_one(raw, 0)
    assert (text is None) == bool(fault)
    assert 0 <= at <= len(raw)
    if text is not None:
        json.loads(text)


OWN = {
    "timestamp": ("msgpack", msgpack.packb(msgpack.Timestamp(1_700_000_000, 5)), '"2023-11-14T22:13:20.000000005Z"'),
    "timestamp of 4 bytes": ("msgpack", msgpack.packb(msgpack.Timestamp(5)), '"1970-01-01T00:00:05Z"'),
    "timestamp of 12 bytes": ("msgpack", msgpack.packb(msgpack.Timestamp(-1, 0)), '"1969-12-31T23:59:59Z"'),
    "extension": ("msgpack", msgpack.packb(msgpack.ExtType(5, b"ab")), '{"ext":5,"data":"YWI="}'),
    "numbers as keys": ("msgpack", msgpack.packb({1: 2, -1: 3}), '{"1":2,"-1":3}'),
    "whole number of 81 bits": ("cbor", cbor2.dumps(2**80), '"1208925819614629174706176"'),
    "negative of 81 bits": ("cbor", cbor2.dumps(-(2**80)), '"-1208925819614629174706176"'),
    "whole number of 1,000 bits": ("cbor", cbor2.dumps(2**1000 - 7), f'"{2**1000 - 7}"'),
    "negative of 1,000 bits": ("cbor", cbor2.dumps(-(10**300)), f'"-1{"0" * 300}"'),
    "smallest of 65 bits": ("cbor", b"\x3b" + b"\xff" * 8, "-18446744073709551616"),
    "decimal fraction": ("cbor", cbor2.dumps(decimal.Decimal("273.15")), "27315E-2"),
    "uuid": ("cbor", cbor2.dumps(ID), f'"{ID}"'),
    "time": ("cbor", cbor2.dumps(MOMENT), '"2026-01-02T03:04:05Z"'),
    "seconds": ("cbor", cbor2.dumps(MOMENT, datetime_as_timestamp=True), '"2026-01-02T03:04:05Z"'),
    "a float of 16 bits": ("cbor", cbor2.dumps(1.5, canonical=True), "1.5"),
    "no number": ("cbor", cbor2.dumps(float("nan")), '"NaN"'),
    "minus zero": ("cbor", cbor2.dumps(-0.0), "-0.0"),
    "text in pieces": ("cbor", b"\x7f\x61a\x62bc\xff", '"abc"'),
    "bytes in pieces": ("cbor", b"\x5f\x41a\x42bc\xff", '"YWJj"'),
    "a list without a count": ("cbor", b"\x9f\x01\x02\xff", "[1,2]"),
    "a map without a count": ("cbor", b"\xbf\x61a\x01\xff", '{"a":1}'),
    "a shared value": ("cbor", b"\x82\xd8\x1c\x81\x01\xd8\x1d\x00", "[[1],0]"),
}


@pytest.mark.parametrize("name", OWN)
def test_what_json_has_no_word_for(name):
    kind, raw, text = OWN[name]
    assert FORMATS[kind][0].read_one(raw, 0)[0] == text.encode()


HOSTILE = {
    "a huge list": ("msgpack", b"\xdd\xff\xff\xff\xff", 1),
    "a huge text": ("msgpack", b"\xdb\xff\xff\xff\xff", 1),
    "lists in lists": ("msgpack", b"\x91" * 100_000, 7),
    "an unused code": ("msgpack", b"\xc1", 14),
    "a list as a key": ("msgpack", b"\x81\x90\x01", 16),
    "bytes behind": ("msgpack", b"\x01\x02", 9),
    "a list of 2^64 items": ("cbor", b"\x9b" + b"\xff" * 8, 1),
    "bytes of 2^64": ("cbor", b"\x5b" + b"\xff" * 8, 1),
    "tags of tags": ("cbor", b"\xc6" * 100_000 + b"\x01", 7),
    "endless lists": ("cbor", b"\x9f" * 100_000, 7),
    "a break alone": ("cbor", b"\xff", 14),
    "pieces of pieces": ("cbor", b"\x7f\x7f\x61a\xff\xff", 14),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_fault(name):
    kind, raw, fault = HOSTILE[name]
    assert FORMATS[kind][0].read_one(raw, 0)[:2] == (None, fault)
