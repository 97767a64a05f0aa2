"""Rows about events in columns: picked, renumbered, joined, and shown as a frame."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.node_table import NamedCodes, NodeTable


def table(nodes, texts, kinds):
    return NodeTable(
        np.array(nodes, dtype=np.int64),
        {
            "text": EncodedColumn.of(pa.array(texts, pa.large_string())),
            "kind": NamedCodes(np.array(kinds, dtype=np.int8), ("odd", "even")),
            "rank": np.array(nodes, dtype=np.int32),
        },
    )


def test_a_frame_has_texts_names_and_whole_numbers():
    frame = table([4, 2], ["b", None], [0, 1]).frame()
    assert frame["node"].to_list() == [4, 2]
    assert frame["text"].isna().to_list() == [False, True]
    assert frame["kind"].cat.categories.to_list() == ["odd", "even"]
    assert frame.dtypes["rank"] == np.int64


def test_rows_follow_their_events_under_new_numbers():
    some = table([4, 2, 4], ["b", None, "c"], [0, 1, 1]).renumbered(np.array([-1, -1, -1, -1, 7]))
    assert some.frame().astype(str).to_numpy().tolist() == [["7", "b", "odd", "4"], ["7", "c", "even", "4"]]
    assert some.named("kind", "even").tolist() == [False, True]
    assert some.named("text", "b").tolist() == [True, False]
    assert some.named("text", "nobody").tolist() == [False, False]
    assert some.texts("text") == ["b", "c"]
    with pytest.raises(TypeError, match="rank"):
        some.named("rank", "b")
    with pytest.raises(TypeError, match="kind"):
        some.texts("kind")
    with pytest.raises(TypeError, match="rank"):
        some.codes_of("rank")


def test_tables_are_joined_with_their_texts():
    both = table([1], ["b"], [0]) + table([3, 2], [None, "b"], [1, 0])
    assert both.frame()["text"].fillna("-").to_list() == ["b", "-", "b"]
    assert both.frame()["kind"].to_list() == ["odd", "even", "odd"]
    assert len(both + NodeTable(np.zeros(0, dtype=np.int64))) == 3
