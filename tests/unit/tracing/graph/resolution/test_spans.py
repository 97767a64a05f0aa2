"""Edges from spans."""

from __future__ import annotations

import pyarrow as pa
import pytest
from traces import graph_of

from workbench.errors import TableError


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def kinds(graph):
    return dict(zip(graph.frame["key"], graph.frame["kind"], strict=True))


def test_spans_resolve_what_no_rank_resolves():
    trace = {"trace_id": "00", "span_id": "s1", "parent_span_id": None, "sampled": True, "via": "traceparent"}
    rows = [
        {"event_id": "a", "t": 1, "topic": "in", "offset": 4},
        {"event_id": "silent", "t": 2, "topic": "out", "trace": trace},
        {"event_id": "told", "t": 2, "topic": "out", "trace": trace, "causes": ["silent"]},
        {"event_id": "lost", "t": 2, "topic": "out", "trace": trace, "causes": ["gone"]},
    ]
    spans = pa.table({"span_id": ["s1", "s2"], "topic": ["in", "in"], "partition": [0, 0], "offset": [4, 4]})
    graph = graph_of(*rows, span_causes=spans)
    assert edges(graph, "kind", "used") == [
        ["a", "lost", "span", True],
        ["a", "silent", "span", True],
        ["silent", "told", "explicit", True],
    ]
    assert kinds(graph)["lost"] == "inner"
    assert graph.unresolved["value"].to_list() == ["gone"]
    assert graph_of(*rows).frame.set_index("key").loc["silent", "kind"] == "unlinked"
    with pytest.raises(TableError, match="span_id"):
        graph_of(*rows, span_causes=spans.drop_columns("span_id"))
