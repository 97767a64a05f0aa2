from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import HOSTILE, ScriptedJob, ScriptedLag, ScriptedPlan

from workbench.widgets import LagPanel, ProgressPanel, ReplayPanel
from workbench.widgets.sheet.blocks import lines_block
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def words(browser: Browser, sheet: Widget) -> str:
    return json.dumps(browser.sent(sheet, "tick")[-1:], ensure_ascii=False)


@pytest.mark.parametrize("kind", ["lag", "replay", "progress"])
async def test_hostile_text_reaches_neither_browser_nor_snapshot_raw(browser: Browser, kind: str) -> None:
    feed = ScriptedLag(text=HOSTILE)
    panel: Any = {
        "lag": lambda: LagPanel(feed, figure=feed.chart),
        "replay": lambda: ReplayPanel(ScriptedPlan(text=HOSTILE, protected=True)),
        "progress": lambda: ProgressPanel(ScriptedJob(text=HOSTILE)),
    }[kind]()
    browser.show(panel.sheet)
    await browser.until(lambda: browser.sent(panel.sheet, "tick"))
    assert "\x1b" not in words(browser, panel.sheet)
    assert "\u202e" not in words(browser, panel.sheet)
    html = panel.snapshot().html()
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;img" in html
    assert "\u202e" not in repr(panel)
    panel.close()


async def test_a_sheet_sends_only_what_changed(browser: Browser) -> None:
    sheet = browser.show(Sheet(name="s"))
    await browser.acknowledge(sheet, lambda: browser.sent(sheet, "tick"))
    sheet.show("live", [lines_block("L", ["a"])])
    await browser.acknowledge(sheet, lambda: len(browser.sent(sheet, "tick")) == 2)
    sheet.show("live", [lines_block("L", ["a"])])
    assert not sheet._due
