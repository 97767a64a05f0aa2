"""Export as OTLP JSON: ids by the data alone, and spans that come back as they were."""

from __future__ import annotations

import json

from decoded_events import event_table
from order_flow import scenario
from span_files import jaeger, jaeger_span
from traces import trace_of

import workbench as wb
from workbench.tracing.span_export import span_digits, trace_digits


def spans(trace):
    document = json.loads(trace.otlp())
    return {span["spanId"]: span for one in document["resourceSpans"] for span in one["scopeSpans"][0]["spans"]}


def test_the_ids_of_section_13_2():
    assert trace_digits("k1") == "b75a8b0ba81e9c4d69f450ad08f2b098"
    assert (span_digits("a1"), span_digits("a2")) == ("6d5c8ab9dc9f7635", "0b1ab0f5e229a0b5")


def test_events_become_spans_from_their_binding_cause():
    trace = scenario("k1")
    found = spans(trace)
    shipped = found[span_digits("a4")]
    assert shipped["parentSpanId"] == span_digits("a2")
    assert [link["spanId"] for link in shipped["links"]] == [span_digits("a3")]
    assert (shipped["startTimeUnixNano"], shipped["endTimeUnixNano"], shipped["kind"]) == ("120000", "300000", 5)
    assert found[span_digits("a1")]["kind"] == 4
    assert {span["traceId"] for span in found.values()} == {trace_digits("k1")}
    assert trace.otlp() == scenario("k1").otlp()


def test_an_export_opens_again(tmp_path):
    path, back = tmp_path / "j.json", tmp_path / "o.json"
    path.write_bytes(
        jaeger(jaeger_span(1, 100, 50), jaeger_span(2, 110, 20, 1, tags=[{"key": "error", "value": True}]))
    )
    trace = wb.open_trace(path)
    back.write_text(trace.otlp())
    again = wb.open_trace(back)
    columns = ["key", "event_type", "source", "t", "correlation_id", "binding"]
    assert again.frame[columns].equals(trace.frame[columns])
    assert again.data.marked("failed").tolist() == [False, True]
    assert json.loads(trace_of(event_table([])).otlp()) == {"resourceSpans": []}
