from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from widget_feeds import ScriptedLag

from workbench.widgets import LagPanel
from workbench.widgets.base import model

if TYPE_CHECKING:
    import pytest
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def blocks(browser: Browser, sheet: Widget) -> list[dict[str, Any]]:
    return browser.sent(sheet, "tick")[-1]["blocks"]  # type: ignore[no-any-return]


def words(browser: Browser, sheet: Widget) -> str:
    return json.dumps(browser.sent(sheet, "tick")[-1:], ensure_ascii=False)


async def test_the_chart_moves_with_the_samples(browser: Browser) -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    browser.show(panel.sheet)
    browser.show(panel.chart)
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick"))
    assert list(blocks(browser, panel.sheet)[0]["rows"][2]) == ["billing", "2", "8"]
    assert len(browser.sent(panel.chart, "figure")) == 1
    feed.values, feed.version = [1, 2, 99], 2
    await browser.acknowledge(panel.sheet, lambda: len(browser.sent(panel.chart, "figure")) == 2)
    assert list(panel.chart.figure.data[0].y) == [1, 2, 99]
    assert "99" in words(browser, panel.sheet)


def test_without_a_viewer_the_chart_is_not_updated() -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    feed.values, feed.version = [7], 2
    assert list(panel.chart.figure.data[0].y) == [3, 5, 8]
    panel.refresh()
    assert list(panel.chart.figure.data[0].y) == [7]


def test_before_the_first_sample_nothing_is_claimed() -> None:
    feed = ScriptedLag()
    feed.version = 0
    panel = LagPanel(feed, figure=feed.chart)
    assert panel.chart.figure.layout.title.text == "Consumer lag: waiting for the first sample"
    assert "Waiting for the first sample" in repr(panel.snapshot())


async def test_a_deleted_cell_ends_the_sampling(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.05)
    ended: list[str] = []
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart, end=lambda: ended.append("sampling"))
    browser.show(panel.sheet)
    await browser.until(lambda: browser.sent(panel.sheet, "tick"))
    # The cell was moved: its view is made anew.
    browser.says(panel.sheet, {"kind": "gone"})
    browser.says(panel.sheet, {"kind": "ready"})
    await browser.until(lambda: not panel.sheet._serving)
    assert ended == []
    browser.says(panel.sheet, {"kind": "deleted"})
    await browser.until(lambda: ended)


async def test_a_page_that_says_so_late_finds_a_closed_panel(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.05)
    panel = LagPanel(ScriptedLag(), figure=ScriptedLag().chart)
    browser.show(panel.sheet)
    browser.says(panel.sheet, {"kind": "deleted"})
    panel.close()
    await browser.until(lambda: not panel.sheet._serving)
    assert panel.sheet.supervisor.failures == ()
