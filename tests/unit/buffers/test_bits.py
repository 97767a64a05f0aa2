"""Rows told by numpy equal what Arrow's own functions tell, on slices and on columns without rows too."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.bits import boolean_array, rows_of_text, true_rows, valid_rows

words = st.none() | st.sampled_from(["", "raw", "rax", "ra", "größe", "json"])


def marks(mask: pa.BooleanArray) -> list[bool]:
    return [bool(value) for value in pc.fill_null(mask, False).to_pylist()]


@given(st.lists(words, max_size=40), st.integers(0, 20), st.sampled_from(["raw", "", "größe", "other"]))
def test_rows_of_a_text(values, start, word):
    array = pa.array(values, pa.string()).slice(start)
    assert rows_of_text(array, word).tolist() == marks(pc.equal(array, word))
    assert valid_rows(array).tolist() == array.is_valid().to_pylist()


@given(st.lists(st.none() | st.booleans(), max_size=40), st.integers(0, 20))
def test_true_rows_and_columns_of_marks(values, start):
    array = pa.array(values, pa.bool_()).slice(start)
    assert true_rows(array).tolist() == marks(array)
    written = boolean_array(true_rows(array))
    written.validate(full=True)
    assert written.to_pylist() == marks(array)


@pytest.mark.parametrize("array", [pa.nulls(9, pa.string()), pa.array([], pa.string()), pa.array(["raw"]).slice(1)])
def test_columns_without_any_text(array):
    assert not rows_of_text(array, "raw").any()
    assert not rows_of_text(array, "").any()
    assert not valid_rows(array).any()
