"""Rows ascend as tuples do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.ascending import ascends, rows_ascend


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), max_size=6))
def test_rows_ascend_as_tuples_do(rows):
    for some in (rows, sorted(set(rows))):
        columns = [np.array([row[at] for row in some], np.int64) for at in range(3)]
        assert ascends(*columns) == all(one < other for one, other in pairwise(some))
        whole = pa.table(columns, names=["a", "b", "c"])
        pieces = pa.concat_tables([whole.slice(0, 2), whole.slice(2, 1), whole.slice(3)])
        assert rows_ascend(pieces, ["a", "b", "c"]) == ascends(*columns)
