"""The report of a snapshot: one file that shows the flow, loads nothing, and escapes everything."""

from __future__ import annotations

import json
import re

import workbench as wb
from workbench.model.records.record import NewRecord

HOSTILE = "<img src=http://evil.example/x onerror=alert(1)><script>alert(1)</script></style>\x1b[31m\u202e"
MOST_BYTES = 400_000


async def test_a_snapshot_becomes_one_static_file(tmp_path):
    async with await wb.demo(history_s=60, rate=20, live=False) as cluster:
        snap = await cluster.capture("onex.dev.*", start="start", into=tmp_path / "demo.duckdb", progress=False)
        await cluster.record_lag(into=snap, interval_s=0.05, duration="150ms")
    with snap:
        written = snap.report(tmp_path / "incident.html", title="<script>alert(1)</script> $x$")
        flow = snap.sql("select correlation_id from events where event_type = 'workflow.created' limit 1")
        one = str(flow["correlation_id"].iloc[0])
        other = snap.report(tmp_path / "one.html", flow=one)
    text = written.read_text()
    headings = ("Notes", "Events over time", "Captured", "Provenance", "Causal graph", "Causal tree", "Consumer lag")
    for heading in headings:
        assert f"<h2>{heading}</h2>" in text
    # Events over time, the graph, and lag.
    assert text.count("<svg") == 3
    assert ">failure<" in text
    assert "critical path: what the end waited for" in text
    assert "record is damaged" in text or "records are damaged" in text
    # Times are written as such, never as numbers since 1970.
    assert not re.search(r"\b1[78]\d{11}\b", text)
    assert "<script" not in text
    assert "http-equiv" in text
    assert f"Correlation {one}" in other.read_text()


async def test_hostile_records_stay_text_and_the_file_stays_small(tmp_path):
    def event(number, cause):
        names = {"id": f"{number}{HOSTILE}", "source": f"{number % 3}{HOSTILE}", "type": f"{HOSTILE} order.failed"}
        body = {"specversion": "1.0", **names, "correlationid": HOSTILE, "causationid": f"{cause}{HOSTILE}"}
        return NewRecord("orders.dlq", key=HOSTILE.encode(), value=json.dumps(body).encode())

    async with await wb.connect("memory://hostile-report", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders.dlq", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([event(n, n // 50) for n in range(1_500)])
        snap = await cluster.capture("orders.dlq", start="start", into=tmp_path / "h.duckdb", progress=False)
    with snap:
        text = snap.report(tmp_path / "h.html", title=HOSTILE).read_text()
    assert len(text) < MOST_BYTES
    for raw in ("<img", "<script", "\x1b", "\u202e", "onerror=alert(1)>"):
        assert raw not in text
    # One style sheet, which an event cannot end.
    assert text.count("</style>") == 1
    assert re.findall(r'(?:src|href)="|url\(|@import', text) == []


async def test_a_snapshot_without_flows_has_a_report_too(tmp_path):
    async with await wb.demo(history_s=60, rate=20, live=False) as cluster:
        into = tmp_path / "profiles.duckdb"
        snap = await cluster.capture("onex.dev.user_profiles", start="start", into=into, progress=False)
    with snap:
        text = snap.report(tmp_path / "profiles.html").read_text()
    assert "<h2>Provenance</h2>" in text
    assert "profiles.duckdb" in text
    assert "Causal graph" not in text
    assert "Consumer lag" not in text


async def test_an_empty_snapshot_has_a_report(tmp_path):
    async with await wb.connect("memory://empty-report", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=1)
        snap = await cluster.capture("orders", start="start", into=tmp_path / "e.duckdb", progress=False)
    with snap:
        text = snap.report(tmp_path / "e.html").read_text()
    assert "<h2>Captured</h2>" in text
    assert "<svg" not in text
