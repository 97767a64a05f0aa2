"""Places in the order of a number and a text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.text_order import order_by_number_and_text


@given(st.lists(st.tuples(st.sampled_from([-(2**63), -5, 0, 3, 2**62]), st.text(max_size=12)), max_size=120))
def test_the_order_is_by_number_and_then_by_the_bytes_of_the_text(pairs):
    numbers = np.array([number for number, _ in pairs], dtype=np.int64)
    rows = np.arange(len(pairs))[::-1].copy()
    array = pa.array(["before", *(text for _, text in reversed(pairs))], pa.large_string()).slice(1)
    expected = sorted(range(len(pairs)), key=lambda at: (pairs[at][0], pairs[at][1].encode(), at))
    assert order_by_number_and_text(numbers, array, rows).tolist() == expected


def test_many_equal_numbers_and_many_digits_are_sorted_too():
    random = np.random.default_rng(1)
    numbers = random.choice([-(2**63), *random.integers(-(2**40), 2**40, 50)], 5_000)
    texts = [f"same-beginning-{n}" for n in random.permutation(5_000)]
    expected = sorted(range(5_000), key=lambda at: (numbers[at], texts[at]))
    found = order_by_number_and_text(numbers, pa.array(texts, pa.large_string()), np.arange(5_000))
    assert found.tolist() == expected
    with pytest.raises(IndexError, match="5000"):
        order_by_number_and_text(numbers[:1], pa.array(texts, pa.large_string()), np.array([5_000]))
    with pytest.raises(TypeError, match="large string"):
        order_by_number_and_text(numbers, pa.array(texts), np.arange(5_000))
