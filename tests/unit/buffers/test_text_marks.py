"""Equal texts have equal marks, others different ones; null has 0, which no text has."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.text_marks import text_marks


@given(st.lists(st.none() | st.text(max_size=12), max_size=30), st.integers(0, 3))
def test_marks_tell_texts_apart(texts, skip):
    marks = text_marks(pa.array(texts, pa.string())[skip:]).tolist()
    assert len(set(zip(texts[skip:], marks, strict=True))) == len(set(texts[skip:])) == len(set(marks))
    assert [mark == 0 for mark in marks] == [text is None for text in texts[skip:]]


def test_a_million_numbers_have_a_million_marks():
    marks = text_marks(pa.array([f"order-{at}" for at in range(1_000_000)]))
    assert len(set(marks.tolist())) == 1_000_000
