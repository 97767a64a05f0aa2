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
    rows = np.arange(len(pairs), dtype=np.int32)[::-1].copy()
    expected = sorted(range(len(pairs)), key=lambda at: (pairs[at][0], pairs[at][1].encode(), at))
    for kind in (pa.string(), pa.large_string()):
        array = pa.array(["before", *(text for _, text in reversed(pairs))], kind).slice(1)
        assert order_by_number_and_text(numbers, array, rows).tolist() == expected
        parts = array.slice(0, len(pairs) // 3), array.slice(len(pairs) // 3)
        assert order_by_number_and_text(numbers, parts[0], rows, parts[1]).tolist() == expected


def test_many_equal_numbers_and_many_digits_are_sorted_too():
    random = np.random.default_rng(1)
    numbers = random.choice([-(2**63), *random.integers(-(2**40), 2**40, 50)], 5_000)
    texts = [f"same-beginning-{n}" for n in random.permutation(5_000)]
    expected = sorted(range(5_000), key=lambda at: (numbers[at], texts[at]))
    found = order_by_number_and_text(numbers, pa.array(texts, pa.large_string()), np.arange(5_000, dtype=np.int32))
    assert found.tolist() == expected
    with pytest.raises(IndexError, match="5000"):
        order_by_number_and_text(numbers[:1], pa.array(texts), np.array([5_000], dtype=np.int32))
    with pytest.raises(TypeError, match="string array"):
        order_by_number_and_text(numbers[:1], pa.array([b"a"]), np.array([0], dtype=np.int32))


def test_numbers_far_from_the_others_are_sorted_as_well():
    random = np.random.default_rng(2)
    numbers = np.concatenate([[2**62, -(2**62)], random.integers(10**15, 10**15 + 999_999, 20_000)])
    found = order_by_number_and_text(numbers, pa.array(["same"]), np.zeros(len(numbers), dtype=np.int32))
    assert found.tolist() == np.argsort(numbers, kind="stable").tolist()
