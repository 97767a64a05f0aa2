"""Messaging latency: producer end to consumer start, by parent and by link, negative ones counted."""

from __future__ import annotations

from decoded_events import event_table
from span_files import otlp, otlp_span, span_id
from traces import trace_of

import workbench as wb


def test_latency_by_parent_and_by_link(tmp_path):
    link = {"traceId": "5c1f9d0e7a3b42468c2d1e0f9a8b7c6d", "spanId": span_id(1)}
    path = tmp_path / "o.json"
    path.write_bytes(
        otlp(
            otlp_span(1, 10, 20, kind=4),
            otlp_span(2, 25, 30, 1, kind=5),
            otlp_span(3, 15, 40, links=[link], kind=5),
            otlp_span(4, 1, 2, 2, kind=1),
        )
    )
    found = wb.open_trace(path).messaging_latency()
    assert sorted(found.frame["latency_us"]) == [-5, 5]
    assert found.negative == 1
    assert repr(found) == "messaging latency: 2 messages, p50 0 µs, p95 4 µs, p99 5 µs, 1 negative"
    assert repr(trace_of(event_table([])).messaging_latency()).startswith("messaging latency: 0 messages")
