from __future__ import annotations

from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.widgets import CausationGraph


def test_a_snapshot_is_static_and_escaped() -> None:
    snapshot = CausationGraph(ScriptedGraph(text=HOSTILE)).snapshot()
    html = snapshot.body.render()
    assert html.count("<svg") == 1
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("<rect") == 9
    plain = CausationGraph(ScriptedGraph(200)).snapshot()
    assert "… 141 more" in repr(plain)
    assert "200 of 203 events shown" in repr(plain)
    assert "demo.duckdb" in plain.html()
    lanes = CausationGraph(ScriptedGraph(), layout_name="swimlanes").snapshot()
    assert "10:00:01" in lanes.body.render()
