"""Critical path of synchronous spans: the vectors of 6.1 to 6.3, and the definitions on random trees."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UnknownEventError
from workbench.tracing.paths.calls import call_path
from workbench.tracing.paths.intervals import intervals_of
from workbench.tracing.paths.sections import call_tree, self_times, tolerant_path
from workbench.tracing.spans.columns import SPAN, SpanFile
from workbench.tracing.spans.graph import spans_graph

ONE = [("R", 0, 100), ("A", 10, 60, "R"), ("A1", 20, 30, "A"), ("A2", 30, 55, "A"), ("B", 50, 95, "R")]
ONE += [("C", 98, 120, "R"), ("D", 120, 130, "R")]
TWO = [("P", 0, 90), ("a", 0, 40, "P"), ("b", 40, 90, "P")]
THREE = [("P", 0, 50), ("a", 0, 20, "P"), ("z", 20, 20, "P"), ("b", 20, 50, "P")]
FOUR = [("P", 0, 60, None, "server"), ("q", 5, 50, "P", "producer"), ("w", 20, 45, "q", "consumer")]


def graph_of(spans, **options):
    rows = [
        {"trace_id": "t", "span_id": name, "parent_id": more[0] if more else None, "links": [], "name": name,
         "start_us": start, "end_us": end, "kind": more[1] if len(more) > 1 else None}
        for name, start, end, *more in spans
    ]  # fmt: skip
    return spans_graph([("x", SpanFile("table", pa.Table.from_pylist(rows, schema=SPAN)))], **options)


def sections(spans, **options):
    return call_path(graph_of(spans), **options).sections[["span", "from_us", "to_us"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("spans", "options", "expected"),
    [
        (ONE, {}, [["C", 98, 100], ["R", 95, 98], ["B", 50, 95], ["R", 0, 50]]),
        (TWO, {}, [["b", 40, 90], ["a", 0, 40]]),
        (TWO, {"boundary": "strict"}, [["b", 40, 90], ["P", 0, 40]]),
        (THREE, {}, [["b", 20, 50], ["a", 0, 20]]),
        (FOUR, {}, [["P", 50, 60], ["q", 5, 50], ["P", 0, 5]]),
        (FOUR, {"prune_async": False}, [["P", 50, 60], ["q", 45, 50], ["w", 20, 45], ["q", 5, 20], ["P", 0, 5]]),
        ([("P", 0, 1000), ("a", 0, 404, "P"), ("b", 400, 1000, "P")], {}, [["b", 400, 1000], ["P", 0, 400]]),
    ],
)
def test_the_vectors_of_section_6_1(spans, options, expected):
    assert sections(spans, **options) == expected


@pytest.mark.parametrize(
    ("spans", "path", "expected"),
    [
        (
            [("P", 0, 1000), ("a", 0, 404, "P"), ("b", 400, 1000, "P")],
            ["P", "b", "a"],
            {"P": 0, "b": 600, "a": 404},
        ),
        (ONE, ["R", "C", "B"], {"R": 53, "C": 2, "B": 45}),
    ],
)
def test_the_vectors_of_section_6_2(spans, path, expected):
    graph = graph_of(spans)
    found = call_path(graph, method="tolerant").spans
    assert dict(zip(found["span"], found["on_path_us"], strict=True)) == expected
    intervals = intervals_of(graph)
    names = graph.keys(intervals.node)
    root = int(np.flatnonzero(intervals.parent < 0)[0])
    tree = call_tree(intervals, root, np.arange(len(intervals)), prune_async=True)
    assert [names[span] for span, _ in tolerant_path(tree)] == path


def test_self_time_counts_overlapping_children_once():
    spans = [("p", 0, 200), ("a", 20, 80, "p"), ("b", 60, 120, "p"), ("c", 190, 260, "p")]
    intervals = intervals_of(graph_of(spans))
    assert int(self_times(intervals).max()) == 90
    found = call_path(graph_of(spans)).spans.set_index("span")
    assert found.loc["p", "self_us"] == 90


def test_a_path_says_where_the_time_went():
    found = call_path(graph_of(ONE))
    assert repr(found).splitlines() == [
        "critical path of R: 100 µs, 3 spans",
        "  each line: time on the path, share of the whole, sections, span",
        "  53 µs  0.53  2 x  R R  (no type)",
        "  45 µs  0.45  1 x  B B  (no type)",
        "  2 µs  0.02  1 x  C C  (no type)",
    ]
    assert found.frame is found.spans
    assert "critical path of R" in found._repr_html_()


def test_a_span_with_two_sides_is_a_client_around_a_server():
    rows = [
        {"trace_id": "t", "span_id": "s", "parent_id": None, "links": [], "name": "get", "service": "web",
         "peer": "api", "start_us": 0, "end_us": 100, "server_start_us": 10, "server_end_us": 90, "kind": "client"},
        {"trace_id": "t", "span_id": "c", "parent_id": "s", "links": [], "name": "sql", "start_us": 20, "end_us": 80},
    ]  # fmt: skip
    graph = spans_graph([("z", SpanFile("zipkin v2", pa.Table.from_pylist(rows, schema=SPAN)))])
    found = call_path(graph)
    assert found.sections[["span", "side", "from_us", "to_us"]].to_numpy().tolist() == [
        ["s", "client", 90, 100], ["s", "server", 80, 90], ["c", "", 20, 80], ["s", "server", 10, 20],
        ["s", "client", 0, 10],
    ]  # fmt: skip
    served = found.spans[found.spans["side"] == "server"].iloc[0]
    assert (served["source"], served["self_us"]) == ("api", 20)
    assert "get s (server)  api" in repr(found)


def test_spans_without_a_time_are_passed_over_and_several_roots_are_said():
    spans = [("r", 0, 10), ("s", 0, 100), ("gap", None, None, "s"), ("below", 30, 60, "gap"), ("back", 50, 40, "s")]
    found = call_path(graph_of(spans))
    assert found.sections[["span", "from_us", "to_us"]].to_numpy().tolist() == [
        ["s", 60, 100], ["below", 30, 60], ["s", 0, 30],
    ]  # fmt: skip
    assert "1 of 2 roots" in repr(found)
    assert call_path(graph_of(spans), "r").root == "r"
    with pytest.raises(UnknownEventError, match="has no start and end"):
        call_path(graph_of(spans), "gap")


def test_nothing_to_see():
    assert repr(call_path(graph_of([]))) == "critical path: no span with a start and an end"
    assert call_path(graph_of([("a", None, None)]), method="tolerant").frame.empty
    assert call_path(graph_of([("a", 5, 5)])).sections.empty


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(0, 20)), min_size=1, max_size=14)


@settings(max_examples=25, deadline=None)
@given(SPANS, st.randoms())
def test_sections_tile_the_root_and_order_changes_nothing(drawn, random):
    spans = [
        (f"s{i:02}", start, start + length, f"s{parent % i:02}" if i else None)
        for i, (start, length, parent) in enumerate(drawn)
    ]
    found = sections(spans, root="s00", prune_async=False)
    edges = [found[0][2], *(start for _, start, _ in found)] if found else []
    assert [end for _, _, end in found] == edges[:-1]
    root = spans[0]
    assert sum(end - start for _, start, end in found) == root[2] - root[1]
    random.shuffle(spans)
    assert sections(spans, root="s00", prune_async=False) == found
