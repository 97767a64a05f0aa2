"""Containment of calls: the vector of section 5.6, and two-sided, untimed and unknown hosts."""

from __future__ import annotations

import pyarrow as pa

from workbench.tracing.clocks.containment import contained_spans
from workbench.tracing.spans.columns import SPAN, SpanFile
from workbench.tracing.spans.graph import spans_graph


def graph_of(*spans: tuple[str, str | None, int, int, str | None]):
    rows = [
        {"trace_id": "t", "span_id": name, "parent_id": parent, "links": [], "name": name, "start_us": start,
         "end_us": start + duration, "service": host}
        for name, parent, start, duration, host in spans
    ]  # fmt: skip
    return spans_graph([("x", SpanFile("table", pa.Table.from_pylist(rows, schema=SPAN)))])


VECTOR = [
    ("p", None, 1000, 200, "h1"), ("c1", "p", 940, 80, "h2"), ("c2", "c1", 950, 20, "h2"), ("c3", "p", 1050, 400, "h3"),
    ("c4", "p", 900, 400, "h3"),
]  # fmt: skip


def test_the_vector_of_section_5_6():
    found = contained_spans(graph_of(*VECTOR), 1000).frame
    assert dict(zip(found["span"], found["contained_start_us"], strict=True)) == {
        "p": 1000, "c1": 1060, "c2": 1070, "c3": 1050, "c4": 1000,
    }  # fmt: skip
    assert (
        repr(contained_spans(graph_of(*VECTOR), 1000)).splitlines()[0]
        == "contained: 3 spans of 5 moved into the parent"
    )


def test_a_shift_above_the_maximum_is_noted_and_is_none():
    found = contained_spans(graph_of(*VECTOR), 110)
    by_span = found.frame.set_index("span")
    assert by_span.loc["c1", ["shift_us", "too_far"]].to_list() == [0, True]
    assert by_span.loc["c2", "shift_us"] == 0
    assert "1 shift above the maximum left out" in repr(found)


def test_a_span_without_a_host_counts_as_of_another():
    found = contained_spans(graph_of(("p", None, 100, 50, None), ("c", "p", 0, 10, None))).frame
    assert sorted(found["shift_us"]) == [0, 120]
    assert contained_spans(graph_of()).frame.empty
