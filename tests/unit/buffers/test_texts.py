"""Hashes that files keep."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.buffers.texts import hash_bytes, hash_texts

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


def test_other_arrays_are_refused():
    with pytest.raises(TypeError, match="string array"):
        hash_texts(pa.array([b"a"]))
