"""Ids of columns against the exact function."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.columns.ids import among, canonical_ids, traceparent_rows, uuid_rows
from workbench.decoding.ids import NO_IDS, canonical_id, is_uuid_like

HYPHENATED = "00000000-0000-4000-8000-0000000000a2"


spellings = st.sampled_from(
    [
        HYPHENATED,
        HYPHENATED.upper(),
        "{" + HYPHENATED + "}",
        "urn:uuid:" + HYPHENATED,
        HYPHENATED.replace("-", ""),
        "Ä" * 18,
    ],
)


@settings(deadline=None)
@given(st.lists(spellings | st.text(max_size=40).filter(lambda text: text.isprintable()), max_size=20))
def test_ids_of_columns_equal_those_of_the_exact_function(texts):
    column = canonical_ids(pa.array(texts, pa.string()))
    assert column.to_pylist() == [canonical_id(text) for text in texts]
    assert uuid_rows(column).tolist() == [is_uuid_like(canonical_id(text)) for text in texts]


def test_ids_that_stand_for_nothing_are_found_by_their_whole_text():
    texts = [
        "null",
        "nul",
        "",
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-4000-8000-000000000000",
        "nöl",
        "-",
    ]
    assert among(pa.array(texts), NO_IDS).tolist() == [True, False, False, True, False, False, True]
    assert among(pa.array(["a", "null"])[1:], NO_IDS).tolist() == [True]
    assert among(pa.array([], pa.string()), NO_IDS).tolist() == []


def test_whole_trace_parents_are_found():
    good = f"00-{'a' * 32}-{'1' * 16}-01"
    texts = [good, good.upper(), f"{good}-more", good[:-1], "flow", f"x{good}"]
    assert traceparent_rows(pa.array(texts)).tolist() == [True, True, True, False, False, False]
