"""Parts of any kind are joined row by row, for any numbers and texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.buffers.joined_texts import joined_texts

ROWS = st.lists(st.tuples(st.text(max_size=9), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=9)), max_size=20)


@settings(max_examples=80, deadline=None)
@given(ROWS, st.integers(0, 2))
def test_parts_of_each_row_behind_one_another(rows, skip):
    texts = pa.array([row[0] for row in rows], pa.string())[skip:]
    numbers = np.array([row[1] for row in rows], np.int64)[skip:]
    contents = pa.array([row[2] for row in rows], pa.binary())[skip:]
    found = joined_texts(len(texts), texts, b"/", numbers, b"", contents)
    found.validate(full=True)
    assert found.to_pylist() == [b"%s/%d%s" % (text.encode(), number, content) for text, number, content in rows[skip:]]


def test_numbers_of_other_types_and_in_steps():
    assert joined_texts(3, np.arange(3, dtype=np.int32)).to_pylist() == [b"0", b"1", b"2"]
    assert joined_texts(3, np.arange(6)[::-2], b"!").to_pylist() == [b"5!", b"3!", b"1!"]
    assert joined_texts(2).to_pylist() == [b"", b""]


def test_parts_that_do_not_fit():
    with pytest.raises(ValueError, match="one value for each row"):
        joined_texts(2, b"a", np.arange(3))
    with pytest.raises(ValueError, match="null"):
        joined_texts(1, pa.nulls(1, pa.string()))
    with pytest.raises(ValueError, match="17 parts"):
        joined_texts(1, *[b"a"] * 17)
    with pytest.raises(OverflowError):
        joined_texts(1 << 24, b"a" * 1000)
