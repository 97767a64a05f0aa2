"""The view panel: state, partitions and log of a view, refreshed while it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from widget_feeds import HOSTILE, ScriptedView

from workbench.widgets import ViewPanel

if TYPE_CHECKING:
    from widget_browser import Browser


async def test_state_and_log_are_shown_and_refreshed(browser: Browser) -> None:
    feed, ended = ScriptedView(), []
    panel = ViewPanel(feed, end=lambda: ended.append(1))
    browser.show(panel)
    text = panel.snapshot().text
    assert "errored on 1 partition" in text
    assert "hello" in text
    assert "on the brokers" in text
    browser.says(panel, {"kind": "choose", "name": "log", "option": 1})
    await browser.until(lambda: "hello" not in panel.snapshot().text)
    assert "odd" in panel.snapshot().text
    feed.lines = []
    panel.refresh()
    assert "none" in panel.snapshot().text
    feed.state, feed.status = "no answer", None
    panel.refresh()
    assert "no answer" in panel.snapshot().text
    panel.close()
    assert ended == [1]


async def test_hostile_text_stays_text(browser: Browser) -> None:
    panel = ViewPanel(ScriptedView(text=HOSTILE))
    browser.show(panel)
    await browser.until(lambda: browser.sent(panel, "tick"))
    sent = json.dumps(browser.sent(panel, "tick"), ensure_ascii=False)
    for text in (sent, panel.snapshot().html(), repr(panel)):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<img" not in panel.snapshot().html()
