"""The compiled reader of records: what was laid out comes back, and no damage leads it out of its bytes."""

from __future__ import annotations

import batch_bytes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.kafka.fetching.records import CorruptRecords, parse
from workbench.model.records.columns import HEADERS

small = st.none() | st.binary(max_size=20) | st.just(b"long" * 60)
headers = st.lists(st.tuples(st.binary(max_size=8), small), max_size=4)
rows = st.lists(st.tuples(st.integers(0, 1 << 31), st.integers(-(1 << 62), 1 << 62), small, small, headers), max_size=8)


def laid_out(found) -> bytes:
    return b"".join(batch_bytes.record(*row) for row in found)


def read(data: bytes, *places: tuple[int, int, int]) -> list[tuple]:
    offsets, times, keys, values, lists = parse(data, places, HEADERS)
    for column in (keys, values, lists):
        column.validate(full=True)
    pairs = [[(item["name"], item["value"]) for item in one] for one in lists.to_pylist()]
    return list(zip(offsets.tolist(), times.tolist(), keys.to_pylist(), values.to_pylist(), pairs, strict=True))


@settings(deadline=None)
@given(rows, rows, st.binary(max_size=9))
def test_what_was_laid_out_comes_back(first, second, between):
    one, two = laid_out(first), laid_out(second)
    start = len(one) + len(between)
    data = one + between + two
    assert read(data, (0, len(one), len(first)), (start, len(data), len(second))) == first + second


@settings(deadline=None, max_examples=600)
@given(rows.filter(bool), st.data())
def test_damage_is_found_or_gives_other_records_but_never_leads_outside(found, data):
    laid = bytearray(laid_out(found))
    for _ in range(data.draw(st.integers(1, 3))):
        laid[data.draw(st.integers(0, len(laid) - 1))] = data.draw(st.integers(0, 255))
    count = len(found) + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
    try:
        again = read(bytes(laid), (0, len(laid), count))
    except CorruptRecords:
        return
    assert len(again) == count
    assert sum(len(key or b"") + len(value or b"") for _, _, key, value, _ in again) <= len(laid)


@pytest.mark.parametrize(
    ("data", "count", "says"),
    [
        (b"", 1, "more records"),
        (b"\x0c" * 3, 1, "more records"),
        (batch_bytes.record(0, 0, b"k", b"v"), 1 << 40, "more records"),
        (batch_bytes.record(0, 0, b"k", b"v"), -1, "more records"),
        (batch_bytes.record(0, 0, b"k", b"v") + b"\0" * 7, 1, "do not add up"),
        (b"\x80" * 12, 1, "an integer"),
        (batch_bytes.varint(-3) + b"\0" * 12, 1, "leads out"),
        (batch_bytes.varint(50) + b"\0" * 12, 1, "leads out"),
        (batch_bytes.varint(12) + b"\0\0\0" + batch_bytes.varint(60) + b"\0" * 8, 1, "leads out"),
        (batch_bytes.varint(12) + b"\0\0\0" + batch_bytes.varint(-2) + b"\0" * 8, 1, "leads out"),
        (batch_bytes.varint(7) + b"\0\0\0\x01\x01" + batch_bytes.varint(9) + b"\0", 1, "header count"),
        (batch_bytes.varint(8) + b"\0\0\0\x01\x01" + batch_bytes.varint(1) + b"\x01\x01", 1, "no name"),
        (batch_bytes.varint(8) + b"\0\0\0\x01\x01" + batch_bytes.varint(0) + b"\0\0", 1, "left over"),
    ],
)
def test_each_fault_says_what_it_is(data, count, says):
    with pytest.raises(CorruptRecords, match=says):
        parse(data, [(0, len(data), count)], HEADERS)


def test_places_outside_the_bytes_are_refused():
    data = batch_bytes.record(0, 0, b"k", b"v")
    for place in [(-1, len(data), 1), (0, len(data) + 1, 1), (5, 2, 0)]:
        with pytest.raises(CorruptRecords):
            parse(data, [place], HEADERS)


def test_no_places_are_no_records():
    offsets, times, *columns = parse(b"", [], HEADERS)
    assert [len(offsets), len(times), *map(len, columns)] == [0] * 5
    assert offsets.dtype == np.int64
