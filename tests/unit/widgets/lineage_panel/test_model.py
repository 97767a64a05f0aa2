"""The lineage panel: pages are turned, and what is chosen is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from widget_feeds import HOSTILE, ScriptedLineage

from workbench.errors import SnapshotError
from workbench.widgets import LineagePanel

if TYPE_CHECKING:
    from widget_browser import Browser


def offsets(panel: LineagePanel) -> list[int]:
    return [row.offset for row in panel.page.rows]


async def test_pages_are_turned_and_chosen(browser: Browser) -> None:
    feed = ScriptedLineage()
    panel = LineagePanel(feed)
    browser.show(panel)
    assert offsets(panel) == list(range(25))
    browser.says(panel, {"kind": "choose", "name": "later", "option": 0})
    await browser.until(lambda: offsets(panel) == list(range(25, 50)))
    browser.says(panel, {"kind": "choose", "name": "earlier", "option": 0})
    await browser.until(lambda: offsets(panel) == list(range(25)))
    browser.says(panel, {"kind": "choose", "name": "earlier", "option": 0})
    assert "refused" in panel.failure
    browser.says(panel, {"kind": "choose", "name": "only", "option": 2})
    await browser.until(lambda: feed.asked[-1][2] == "no output")
    browser.says(panel, {"kind": "choose", "name": "partition", "option": 1})
    await browser.until(lambda: feed.asked[-1][0] == 1)
    assert "Source orders/1" in panel.snapshot().text
    assert feed.asked[-1][2] == "no output"


async def test_the_log_can_be_narrowed_to_warnings(browser: Browser) -> None:
    panel = LineagePanel(ScriptedLineage())
    browser.show(panel)
    assert "orders/0@1 info: hello" in panel.snapshot().text
    browser.says(panel, {"kind": "choose", "name": "log", "option": 1})
    await browser.until(lambda: "hello" not in panel.snapshot().text)
    assert "orders/0@2 warn: odd" in panel.snapshot().text


async def test_a_file_that_fails_is_said(browser: Browser) -> None:
    feed = ScriptedLineage()
    panel = LineagePanel(feed)
    browser.show(panel)
    feed.failure = SnapshotError("The snapshot is closed.")
    browser.says(panel, {"kind": "choose", "name": "later", "option": 0})
    await browser.until(lambda: "The snapshot is closed." in panel.snapshot().text)
    assert offsets(panel) == []


async def test_hostile_text_stays_text(browser: Browser) -> None:
    panel = LineagePanel(ScriptedLineage(text=HOSTILE))
    browser.show(panel)
    await browser.until(lambda: browser.sent(panel, "tick"))
    sent = json.dumps(browser.sent(panel, "tick"), ensure_ascii=False)
    for text in (sent, panel.snapshot().html(), repr(panel)):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<img" not in panel.snapshot().html()


def test_a_run_over_nothing_is_shown() -> None:
    feed = ScriptedLineage()
    feed.partitions = []
    assert "no records" in LineagePanel(feed).snapshot().text
