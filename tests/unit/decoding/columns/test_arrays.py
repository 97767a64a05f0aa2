"""Numbers of equal rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.columns.arrays import group_ids


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 1 << 40), min_size=3, max_size=3), min_size=1, max_size=20))
def test_equal_rows_get_equal_numbers(rows):
    numbers, firsts = group_ids(np.array(rows, np.int64))
    assert [rows[firsts[number]] for number in numbers] == rows
    assert len(set(map(tuple, rows))) == len(firsts)
