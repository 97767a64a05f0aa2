"""Columns are encoded to the same bytes as single records, whatever is null, empty, sliced or far apart in time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.kafka.producing.columns import RecordColumns
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, ProducerFields, encode_batch, framed, size_of
from workbench.bus.rows import header_column
from workbench.model import NewRecord

BYTES = st.none() | st.binary(max_size=200)
HEADERS = st.lists(st.tuples(st.binary(max_size=8), BYTES), max_size=4).map(tuple)
RECORDS = st.lists(st.builds(NewRecord, st.just("t"), BYTES, BYTES, HEADERS, st.just(0), st.integers(0, 1 << 47)))
FIELDS = ProducerFields(7, 1, 2_147_483_000, transactional=True)


def columns(records):
    keys, values = (pa.array([getattr(one, name) for one in records], pa.binary()) for name in ("key", "value"))
    return keys, values, header_column([one.headers for one in records])


def encoded(records, skip=0):
    made = RecordColumns(*(column[skip:] for column in columns(records)))
    chosen = records[skip:]
    times = np.array([one.timestamp_ms for one in chosen], np.int64)
    body = made.encode(np.arange(len(chosen)), times, HEADER_BYTES)
    return framed(body, len(chosen), int(times[0]), int(times.max()), FIELDS), made.most_bytes()


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.integers(0, 3))
def test_the_bytes_are_those_of_single_records(records, skip):
    chosen = records[skip:]
    if chosen:
        data, sizes = encoded(records, skip)
        assert data == encode_batch(chosen, [one.timestamp_ms for one in chosen], FIELDS)
        assert sizes.tolist() == [size_of(one) for one in chosen]
        assert len(data) <= HEADER_BYTES + sizes.sum()


def test_a_batch_that_spans_40_days():
    days = 40 * 86_400_000
    records = [NewRecord("t", b"k", b"v", (), 0, at) for at in (1_700_000_000_000, 1_700_000_000_000 + days)]
    assert encoded(records)[0] == encode_batch(records, [one.timestamp_ms for one in records], FIELDS)


def test_rows_in_any_order_and_rows_that_are_not_there():
    records = [NewRecord("t", b"%d" % at, None, (), 0, at) for at in range(5)]
    made = RecordColumns(*columns(records))
    order = np.array([3, 0, 3])
    chosen = [records[at] for at in order]
    assert made.encode(order, order) == encode_batch(chosen, order.tolist(), FIELDS)[HEADER_BYTES:]
    for wrong in (np.array([5]), np.array([-1])):
        with pytest.raises(IndexError, match="outside the columns"):
            made.encode(wrong, wrong)
    with pytest.raises(IndexError, match="a timestamp is needed"):
        made.encode(order, order[:1])
