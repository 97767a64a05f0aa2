"""Hashes that files keep, and numbers of texts across arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.texts import hash_bytes, hash_texts, number_texts

HASHES = [0x8ACA55FC531C82DA, 0x9AA99425B9BCB802, 0xD6538CD5D3D2DD25]

texts = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b" * 7, "b" * 8, "ü", "a\0"]), st.text(max_size=20)))


def test_hashes_never_change():
    written = hash_texts(pa.array(["", "a", "order-17", "0123456789abcdef-", None]))
    assert written.to_pylist() == [
        hash_bytes(b""),
        *(hash_bytes(t) for t in (b"a", b"order-17", b"0123456789abcdef-")),
        0,
    ]
    assert [hash_bytes(text) for text in (b"a", b"order-17", b"0123456789abcdef-")] == HASHES


@given(texts, st.integers(0, 3))
def test_equal_texts_have_equal_hashes_in_arrays_of_either_size_and_at_any_offset(values, start):
    expected = [0 if text is None else hash_bytes(text.encode()) for text in values]
    for kind in (pa.string(), pa.large_string()):
        assert hash_texts(pa.array(values, kind).slice(start)).to_pylist() == expected[start:]


@given(st.lists(texts, max_size=4))
def test_numbers_follow_the_order_of_the_first_texts_through_all_arrays(lists):
    kinds = [pa.string(), pa.large_string(), pa.string(), pa.large_string()]
    numbered, first = number_texts([pa.array(values, kinds[at]) for at, values in enumerate(lists)])
    together = [text for values in lists for text in values]
    known: dict[str, int] = {}
    expected = [-1 if text is None else known.setdefault(text, len(known)) for text in together]
    assert [number for array in numbered for number in array.tolist()] == expected
    assert [together[place] for place in first.tolist()] == list(known)


def test_other_arrays_are_refused():
    for refuse in (hash_texts, lambda array: number_texts([array])):
        with pytest.raises(TypeError, match="string array"):
            refuse(pa.array([b"a"]))


def test_a_table_of_texts_grows_with_them():
    texts = [f"{n % 30_000}" for n in range(40_000)]
    arrays = [pa.array(texts[at : at + 100]) for at in range(0, len(texts), 100)]
    numbered, first = number_texts(arrays)
    assert np.concatenate(numbered).tolist() == [n % 30_000 for n in range(40_000)]
    assert first.tolist() == list(range(30_000))
