from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.known_texts import among, distinct, marks_of

TEXTS = st.lists(st.none() | st.sampled_from(["", "a", "b", "ab", "ü", "a\0"]), max_size=30)


@given(TEXTS, TEXTS)
def test_a_text_is_among_those_of_a_column_and_null_never(column, asked):
    half = len(column) // 2
    parts = [pa.array(part, pa.string()) for part in (column[:half], column[half:])]
    table = pa.table({"id": pa.chunked_array(parts)})
    marks = marks_of(table, "id")
    assert len(marks) == sum(text is not None for text in column)
    assert sorted(marks.tolist()) == marks.tolist()
    known = set(column) - {None}
    assert distinct(table, "id") == len(known)
    assert among(pa.array(asked, pa.string()), marks).tolist() == [text in known for text in asked]
