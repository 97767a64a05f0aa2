"""Spans and records in one graph: by trace context, by position, and by the producer above a consumer."""

from __future__ import annotations

import pyarrow as pa
import pytest
from decoded_events import event_table
from span_files import TRACE, span_id

from workbench.tracing.spans.columns import SPAN, SpanFile
from workbench.tracing.spans.events import span_events
from workbench.tracing.spans.graph import spans_graph
from workbench.tracing.spans.joining import join_rows, span_causes
from workbench.tracing.trace import Trace


def span(number, start, end, parent=None, **more):
    return {
        "trace_id": TRACE,
        "span_id": span_id(number),
        "parent_id": None if parent is None else span_id(parent),
        "links": [],
        "name": f"op{number}",
        "start_us": start,
        "end_us": end,
        **more,
    }


def table(*spans: object):
    return pa.Table.from_pylist(list(spans), schema=SPAN)


def record(name, t, producer, **more):
    return {"event_id": name, "t": t, "trace": {"trace_id": TRACE, "span_id": span_id(producer)}, **more}


RECORDS = event_table(
    [
        record("r1", 10, 1, topic="orders", offset=7),
        record("r2", 50, 4, topic="paid", offset=3),
        record("r3", 60, 4, topic="paid", offset=4, causes=["r1"]),
    ]
)
SPANS = table(
    span(1, 5, 9, kind="producer"),
    span(2, 20, 55, 1, kind="consumer", topic="orders", partition=0, offset=7),
    span(3, 25, 54, 2, kind="internal"),
    span(4, 30, 49, 3, kind="producer"),
    span(5, 70, 80, 4, kind="consumer"),
)


def test_records_hang_on_the_span_that_produced_them_and_consumers_on_the_record():
    trace = Trace(spans_graph([("x", SpanFile("otlp json", SPANS))], records=RECORDS))
    edges = {tuple(pair) for pair in trace.edges[trace.edges["used"]][["cause", "effect"]].to_numpy().tolist()}
    one, two, three, four, five = map(span_id, range(1, 6))
    assert edges == {
        (one, two), (two, three), (three, four), (four, five),
        (one, "r1"), ("r1", two), (four, "r2"), ("r2", five), ("r1", "r3"), ("r3", five),
    }  # fmt: skip
    assert len(trace) == 8
    assert trace.accounting == {"edge": 5}


def test_without_nodes_for_spans_they_lead_from_record_to_record():
    found = span_causes(SPANS, RECORDS).to_pylist()
    assert [row for row in found if row["span_id"] == span_id(4)] == [
        {"span_id": span_id(4), "topic": "orders", "partition": 0, "offset": 7}
    ]
    trace = Trace(spans_graph([("x", SpanFile("otlp json", SPANS))], records=RECORDS, records_only=True))
    assert trace.edges[["cause", "effect", "kind"]].to_numpy().tolist() == [
        ["r1", "r2", "span"],
        ["r1", "r3", "explicit"],
    ]


def test_a_batch_links_to_several_producers():
    links = [{"trace_id": TRACE, "span_id": span_id(number)} for number in (1, 4)]
    spans = table(
        span(1, 1, 2, kind="producer"), span(4, 3, 4, kind="producer"), span(9, 5, 6, links=links, kind="consumer")
    )
    joined = join_rows(spans, RECORDS)
    assert sorted(joined.consumed.tolist()) == [0, 1, 2]
    assert set(joined.consumers.tolist()) == {3 + 2}


def test_a_walk_ends_after_64_steps_and_on_a_circle():
    long = [span(100, 1, 2, kind="consumer", topic="orders", partition=0, offset=7)]
    long += [span(number, 1, 2, number - 1) for number in range(101, 101 + 70)]
    records = event_table([record("r1", 1, 999, topic="orders", offset=7), record("r2", 9, 170, topic="x")])
    assert span_causes(table(*long), records).num_rows == 0
    assert span_causes(table(*long[:40]), event_table([*records.to_pylist()[:1], record("r2", 9, 130)])).num_rows == 1
    circle = table(span(1, 1, 2, 2), span(2, 1, 2, 1))
    assert span_causes(circle, RECORDS).num_rows == 0


def test_span_ids_that_two_traces_share_are_named_with_their_trace():
    other = {**span(1, 1, 2), "trace_id": "t2"}
    below = {**span(3, 1, 2, 1), "trace_id": "t2"}
    events = span_events(table(span(1, 1, 2), other, below), "x")
    assert events.column("event_id").to_pylist() == [f"{TRACE}/{span_id(1)}", f"t2/{span_id(1)}", span_id(3)]
    assert events.column("causes").to_pylist()[2][0]["value"] == f"t2/{span_id(1)}"


@pytest.mark.parametrize(("at", "times"), [("start", [1, 30]), ("end", [20, 30])])
def test_a_span_is_placed_at_its_start_or_its_end(at, times):
    spans = table(span(1, 1, 20), span(2, 30, None))
    found = span_events(spans, "x", at=at).column("event_time").cast(pa.int64()).to_pylist()
    assert found == times


def test_an_empty_file_is_an_empty_graph():
    trace = Trace(spans_graph([("x", SpanFile("table", table()))]))
    assert (len(trace), len(trace.edges)) == (0, 0)
