"""Frames of schema registries before a value."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from workbench.decoding.formats.framing import NOT_FRAMED, schema_ids

FRAMED = [
    (b"\0\0\0\0\x07body", 7),
    (b"\0\x7f\xff\xff\xff", 2**31 - 1),
    (b"\0\0\0\x01\x02", 258),
    (b"\0\xff\xff\xff\xffbody", NOT_FRAMED),
    (b"\0\0\0\0\0\0\0\0\x07body", NOT_FRAMED),
    (b"\x01\0\0\0\x07body", NOT_FRAMED),
    (b'{"a": 1}', NOT_FRAMED),
    (b"\0\0\0\0", NOT_FRAMED),
    (b"", NOT_FRAMED),
    (None, NOT_FRAMED),
]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_ids_of_framed_values_row_for_row(kind):
    values = pa.array([value for value, _ in FRAMED], kind)
    assert schema_ids(values).tolist() == [number for _, number in FRAMED]
    assert schema_ids(values.slice(1, 4)).tolist() == [number for _, number in FRAMED[1:5]]


def test_columns_without_values_have_no_ids():
    assert schema_ids(pa.array([], pa.binary())).tolist() == []
    assert schema_ids(pa.nulls(3, pa.binary())).tolist() == [NOT_FRAMED] * 3
    assert schema_ids(pa.array([b"", b""], pa.binary())).tolist() == [NOT_FRAMED] * 2


def test_a_batch_is_looked_at_in_columns():
    values = pa.array([b"\0\0\0\0\x07" + bytes(595)] * 100_000, pa.binary())
    begin = time.process_time()
    assert set(schema_ids(values).tolist()) == {7}
    assert time.process_time() - begin < 1
