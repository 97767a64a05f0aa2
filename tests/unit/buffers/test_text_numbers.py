"""Numbers of texts across arrays."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.text_numbers import TextNumbers

texts = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b" * 7, "b" * 8, "ü", "a\0"]), st.text(max_size=20)))


@given(st.lists(texts, max_size=4), st.integers(0, 2))
def test_numbers_follow_the_order_of_the_first_texts_through_all_arrays(lists, start):
    kinds = [pa.string(), pa.large_string(), pa.string(), pa.large_string()]
    numbers, known = TextNumbers(0), dict[str, int]()
    for at, values in enumerate(lists):
        given_texts, before = values[start:], len(known)
        expected = [-1 if text is None else known.setdefault(text, len(known)) for text in given_texts]
        found, first = numbers.number(pa.array(values, kinds[at]).slice(start))
        assert (found.tolist(), len(numbers)) == (expected, len(known))
        assert [given_texts[place] for place in first.tolist()] == list(known)[before:]


def test_other_arrays_are_refused_and_what_was_numbered_stays():
    numbers = TextNumbers(1)
    numbers.number(pa.array(["a"]))
    with pytest.raises(TypeError, match="string array"):
        numbers.number(pa.array([b"a"]))
    assert numbers.number(pa.array(["b", "a"]))[0].tolist() == [1, 0]


def test_a_table_of_texts_grows_with_them():
    texts = [f"{n % 30_000}" for n in range(40_000)]
    numbers = TextNumbers(100)
    found = [numbers.number(pa.array(texts[at : at + 100]))[0].tolist() for at in range(0, len(texts), 100)]
    assert [number for some in found for number in some] == [n % 30_000 for n in range(40_000)]
    assert len(numbers) == 30_000


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "ab", "", None]), st.integers(1, 150)), max_size=6), st.integers(0, 3)
)
def test_runs_of_one_text_are_numbered_as_others_are(runs, start):
    values = [text for text, times in runs for _ in range(times)][start:]
    known = dict[str, int]()
    expected = [-1 if text is None else known.setdefault(text, len(known)) for text in values]
    for kind in (pa.string(), pa.large_string()):
        for array in (pa.array(values, kind), pa.array(["x", *values], kind).slice(1)):
            assert TextNumbers(3).number(array)[0].tolist() == expected
