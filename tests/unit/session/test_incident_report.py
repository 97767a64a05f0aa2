"""The report of a snapshot: one file that shows the flow, loads nothing, and escapes everything."""

from __future__ import annotations

import workbench as wb


async def test_a_snapshot_becomes_one_static_file(tmp_path):
    async with await wb.demo(history_s=60, rate=20, live=False) as cluster:
        snap = await cluster.capture("onex.dev.*", start="start", into=tmp_path / "demo.duckdb", progress=False)
    with snap:
        written = snap.report(tmp_path / "incident.html", title="<script>alert(1)</script> $x$")
        flow = snap.sql("select correlation_id from events where event_type = 'workflow.created' limit 1")
        one = str(flow["correlation_id"].iloc[0])
        other = snap.report(tmp_path / "one.html", flow=one)
    text = written.read_text()
    for heading in ("Captured", "Provenance", "Causal graph", "Causal tree"):
        assert f"<h2>{heading}</h2>" in text
    assert text.count("<svg") == 1
    assert "<script" not in text
    assert "http-equiv" in text
    assert f"Correlation {one}" in other.read_text()


async def test_a_snapshot_without_flows_has_a_report_too(tmp_path):
    async with await wb.demo(history_s=60, rate=20, live=False) as cluster:
        into = tmp_path / "profiles.duckdb"
        snap = await cluster.capture("onex.dev.user_profiles", start="start", into=into, progress=False)
    with snap:
        text = snap.report(tmp_path / "profiles.html").read_text()
    assert "<h2>Provenance</h2>" in text
    assert "profiles.duckdb" in text
    assert "Causal graph" not in text
