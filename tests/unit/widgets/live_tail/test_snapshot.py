from __future__ import annotations

from widget_feeds import HOSTILE, ScriptedFeed

from workbench.widgets.live_tail.model import LiveTail


async def test_a_snapshot_is_static_escaped_and_counts_the_rest() -> None:
    tail = LiveTail(ScriptedFeed(1_000, text=HOSTILE))
    snapshot = tail.snapshot()
    html = snapshot.html()
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("<tr>") == 1 + 10 + 1 + 40
    assert "… 950 more rows …" in html
    assert "1,000 read, 1,000 held, 0 dropped, 0 behind" in repr(snapshot)
