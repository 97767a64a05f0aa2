"""Arrow columns as numpy arrays."""

from __future__ import annotations

import pyarrow as pa

from workbench.tracing.graph.columns import EncodedColumn, flags, one_chunk, text_rank


def texts(*values: str | None):
    return pa.array(values, pa.large_string())


def test_codes_follow_the_first_rows_and_null_has_none():
    column = EncodedColumn.of(texts("b", None, "a", "b"))
    assert column.codes.tolist() == [0, -1, 1, 0]
    assert column.dictionary.to_pylist() == ["b", "a"]
    assert column.find(texts("a", "c", None)).tolist() == [1, -1, -1]


def test_ranks_follow_the_code_points_and_null_is_least():
    assert text_rank(texts("b", None, "B", "b", "ä")).tolist() == [2, 0, 1, 2, 3]
    assert text_rank(texts()).tolist() == []


def test_chunks_become_one_and_null_is_false():
    column = pa.chunked_array([pa.array([True, None]), pa.array([False])])
    assert one_chunk(column).to_pylist() == [True, None, False]
    assert flags(column).tolist() == [True, False, False]
