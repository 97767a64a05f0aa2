"""Headers are appended and bodies digested as the rules say, for any bytes."""

from __future__ import annotations

import hashlib
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.rows import header_column
from workbench.replay.records.bodies import body_digests, replay_headers

BYTES = st.none() | st.binary(max_size=100)
NAMES = st.sampled_from([b"x-replay-id", b"x-replay", b"x-repla", b"h", b"", b"\xff"])
ROWS = st.lists(st.tuples(BYTES, BYTES, st.lists(st.tuples(NAMES, BYTES), max_size=4).map(tuple)), max_size=20)


def field(data):
    return b"\0" if data is None else b"\1" + struct.pack(">I", len(data)) + data


def body(key, value, headers):
    kept = [pair for pair in headers if not pair[0].startswith(b"x-replay")]
    return field(key) + field(value) + struct.pack(">I", len(kept)) + b"".join(field(b) for pair in kept for b in pair)


@settings(max_examples=80, deadline=None)
@given(ROWS, st.integers(0, 2))
def test_digests_are_those_of_the_rule(rows, skip):
    columns = [pa.array([row[at] for row in rows], pa.binary()) for at in (0, 1)]
    columns.append(header_column([row[2] for row in rows]))
    found = body_digests(*(column[skip:] for column in columns))
    assert [bytes(digest) for digest in found] == [hashlib.sha256(body(*row)).digest() for row in rows[skip:]]


def test_bodies_of_every_length_around_a_block():
    values = [bytes([at % 256]) * at for at in (*range(200), 100_000)]
    columns = [pa.nulls(len(values), pa.binary()), pa.array(values, pa.binary()), header_column([()] * len(values))]
    expected = [hashlib.sha256(body(None, value, ())).digest() for value in values]
    assert [bytes(digest) for digest in body_digests(*columns)] == expected


@settings(max_examples=80, deadline=None)
@given(ROWS, st.integers(0, 2))
def test_new_headers_come_last_and_those_of_earlier_replays_go(rows, skip):
    old = [row[2] for row in rows][skip:]
    given_values = [None if at % 3 else b"%d" % at for at in range(len(old))]
    added = [(b"x-replay-id", b"run"), (b"n", pa.array(given_values, pa.binary()))]
    found = replay_headers(header_column([row[2] for row in rows])[skip:], added)
    found.validate(full=True)
    expected = [
        [*(pair for pair in headers if not pair[0].startswith(b"x-replay")), (b"x-replay-id", b"run")]
        + ([] if value is None else [(b"n", value)])
        for headers, value in zip(old, given_values, strict=True)
    ]
    assert [[(one["name"], one["value"]) for one in headers] for headers in found.to_pylist()] == expected


def test_columns_of_different_lengths_are_refused():
    two = pa.array([b"a", b"b"], pa.binary())
    with pytest.raises(ValueError, match="differ in length"):
        body_digests(two, two[:1], header_column([(), ()]))
    with pytest.raises(ValueError, match="one value for each record"):
        replay_headers(header_column([()]), [(b"n", two)])
    with pytest.raises(ValueError, match="33 headers"):
        replay_headers(header_column([()]), [(b"n", b"")] * 33)
