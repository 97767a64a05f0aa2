"""Compiled readers of whole columns: header sequences and texts, ids, trace parents, calendar times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.calendar import calendar_times
from workbench.decoding.native.headers import sequences, texts_at
from workbench.decoding.native.texts import odd_ids, trace_parents, uuids
from workbench.model.columns import HEADERS

names = st.lists(st.sampled_from([b"", b"a", b"ab", b"b", b"traceparent", b"\xff", b"x" * 40]), max_size=4)


def header_column(rows: list[list[bytes]]) -> pa.ListArray:
    return pa.array([[{"name": name, "value": b"v"} for name in row] for row in rows], HEADERS)


@settings(deadline=None)
@given(st.lists(names, max_size=40), st.integers(0, 3))
def test_equal_sequences_of_names_get_equal_numbers(rows, cut):
    column = header_column(rows)[cut:]
    numbers, firsts = sequences(column, pc.struct_field(column.values, "name"))
    kept = rows[cut:]
    assert [kept[firsts[number]] for number in numbers] == kept
    assert len({tuple(kept[first]) for first in firsts}) == len(firsts)
    assert firsts.tolist() == sorted(firsts)


def test_many_different_sequences_are_told_apart():
    rows = [[b"n%d" % (at % 997), b"m%d" % (at % 13)] for at in range(20_000)]
    column = header_column(rows)
    numbers, firsts = sequences(column, pc.struct_field(column.values, "name"))
    assert len(firsts) == 997 * 13
    assert [rows[firsts[number]] for number in numbers] == rows


@settings(deadline=None)
@given(st.lists(st.none() | st.binary(max_size=6) | st.text(max_size=6).map(str.encode), min_size=1), st.data())
def test_texts_are_what_python_decodes(values, data):
    places = data.draw(st.lists(st.integers(0, len(values) - 1)))
    texts, unusable = texts_at(pa.array([b"cut", *values], pa.binary())[1:], np.array(places, np.int64))
    texts.validate(full=True)
    for place, text, bad in zip(places, texts.to_pylist(), unusable, strict=True):
        try:
            expected = (values[place] or b"").decode() or None
        except UnicodeDecodeError:
            expected = None
        assert (text, bad) == (expected, expected is None)


def test_a_null_is_no_text_whatever_bytes_lie_under_it():
    offsets = pa.array([0, 2, 4], pa.int32()).buffers()[1]
    values = pa.Array.from_buffers(pa.binary(), 2, [pa.py_buffer(b"\x02"), offsets, pa.py_buffer(b"abcd")])
    texts, unusable = texts_at(values, np.arange(2))
    assert texts.to_pylist() == [None, "cd"]
    assert unusable.tolist() == [True, False]


def test_columns_without_values_are_read_even_where_they_leave_their_offsets_out():
    nothing = pa.Array.from_buffers(pa.string(), 0, [None, None, pa.py_buffer(b"")])
    assert (odd_ids(nothing), len(uuids(nothing)), len(calendar_times(nothing)[0])) == (False, 0, 0)
    bare = pa.Array.from_buffers(pa.binary(), 0, [None, None, pa.py_buffer(b"")])
    assert len(texts_at(bare, np.empty(0, np.int64))[0]) == 0
    numbers, firsts = sequences(header_column([[], [], []]), bare)
    assert (numbers.tolist(), firsts.tolist()) == ([0, 0, 0], [0])
    assert len(sequences(header_column([]), bare)[0]) == 0


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{32}")
PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
hexes = st.text("0123456789abcdefABCDEFg-", min_size=32, max_size=36)
damaged = st.from_regex(r"\A0[01]-[0-9a-fA]{32}-[0-9a-f]{16}-[0-9a-f]{2}-?\Z") | st.from_regex(
    r"\A00-0{31}[01]-0{15}[01]-0[0-9a-f]\Z",
)


@settings(deadline=None)
@given(st.lists(st.uuids().map(str) | st.uuids().map(lambda u: u.hex) | hexes | st.text(max_size=40), max_size=20))
def test_uuids_are_those_of_the_pattern(texts):
    column = pa.array(texts, pa.string())
    assert uuids(column).tolist() == [UUID.fullmatch(text) is not None for text in texts]
    assert odd_ids(column) == any(re.search(r"[A-Z{:]", text) is not None for text in texts)


@settings(deadline=None)
@given(st.lists(damaged | st.text(max_size=60), max_size=20))
def test_trace_parents_are_those_of_the_pattern(texts):
    valid, sampled, trace_ids, span_ids = trace_parents(pa.array(texts, pa.string()))
    for at, text in enumerate(texts):
        good = PARENT.fullmatch(text) is not None
        assert valid[at] == good
        assert sampled[at] == (good and bool(int(text[-1], 16) & 1))
        assert trace_ids[at].as_py() == (text[3:35] if good else None)
        assert span_ids[at].as_py() == (text[36:52] if good else None)


@settings(deadline=None)
@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - zones come beside
    st.none() | st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.sampled_from("Tt "),
)
def test_times_are_those_of_datetime(moment, minutes, between):
    zone = None if minutes is None else timezone(timedelta(minutes=minutes))
    micros, read, assumed = calendar_times(pa.array([moment.replace(tzinfo=zone).isoformat(between)], pa.string()))
    since = moment.replace(tzinfo=zone or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert (read[0], assumed[0]) == (True, minutes is None)
    assert micros[0] == since // timedelta(microseconds=1)


UNREAD = """
2026-02-29T00:00:00Z|1900-02-29 00:00:00|2026-13-01T00:00:00Z|2026-04-31T00:00:00Z|2026-01-00T00:00:00Z
0000-01-01T00:00:00Z|2026-01-01T24:00:00Z|2026-01-01T00:60:00Z|2026-01-01T23:59:60Z|2026-01-01T00:00:00.Z
2026-01-01T00:00:00.1234567890Z|2026-01-01T00:00:00+24:00|2026-01-01T00:00:00+1:00|2026-01-01T00:00:00+0100
2026-01-01|2026-01-01T00:00:0|2026-01-01T00:00:00ZZ|2026/01/01T00:00:00Z
"""


@pytest.mark.parametrize("text", UNREAD.strip().replace("\n", "|").split("|"))
def test_what_does_not_exist_is_not_read(text):
    assert not calendar_times(pa.array([text], pa.string()))[1][0]


def test_leap_days_and_short_fractions():
    column = pa.array(["2000-02-29T00:00:00.5Z", "2024-02-29T23:59:59.123456789+00:00"], pa.string())
    micros, read, _ = calendar_times(column)
    assert read.all()
    assert micros.tolist() == [951_782_400_500_000, 1_709_251_199_123_456]
