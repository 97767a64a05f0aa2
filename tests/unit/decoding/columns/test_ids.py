"""Ids of columns against the exact function."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.columns.ids import canonical_ids, uuid_rows
from workbench.decoding.ids import canonical_id, is_uuid_like

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
