"""Sequences of header names and texts of header values, against Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.calendar import calendar_times
from workbench.decoding.native.headers import sequences, texts_at
from workbench.decoding.native.texts import odd_ids, uuids
from workbench.model.records.columns import HEADERS

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
