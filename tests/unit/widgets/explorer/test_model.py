"""The explorer's model: what a browser asks is checked and answered from memory; nothing hostile becomes markup."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import traitlets
from widget_feeds import HOSTILE, ScriptedPanes

from workbench.tasks import Supervisor
from workbench.widgets import Explorer

if TYPE_CHECKING:
    from widget_browser import Browser


def explorer(browser: Browser, feed: ScriptedPanes, **options: Any) -> Explorer:
    made = Explorer(feed, supervisor=Supervisor(), **options)
    browser.show(made.view)
    return made


async def test_panes_are_outlined_and_answered(browser: Browser) -> None:
    feed = ScriptedPanes(rows=1_000)
    view = explorer(browser, feed).view
    await browser.until(lambda: browser.sent(view, "tick"))
    (first, *_) = browser.sent(view, "tick")
    assert [pane["name"] for pane in first["panes"]] == ["topics", "messages"]
    assert first["panes"][0]["rows"] == 1_000
    browser.says(view, {"kind": "content", "request": "c1", "pane": "topics"})
    (content,) = browser.sent(view, "content")
    assert [field["name"] for field in content["inputs"]] == ["filter"]
    kinds = [block["kind"] for block in json.loads(browser.buffers(view, "content")[0][0])]
    assert kinds == ["facts", "table", "lines", "preformatted", "difference", "bars", "facts", "tree"]
    browser.says(view, {"kind": "window", "request": "w1", "pane": "topics", "start": 10, "end": 5_000})
    rows = json.loads(browser.buffers(view, "rows")[0][0])
    assert (len(rows), rows[0][0]) == (400, "row 10")


async def test_presses_and_picks_reach_the_pane(browser: Browser) -> None:
    feed = ScriptedPanes()
    made = explorer(browser, feed)
    press = {"kind": "press", "pane": "topics", "press": "go", "names": ["filter"], "values": ["x"]}
    browser.says(made.view, press)
    browser.says(made.view, {"kind": "pick", "pane": "topics", "key": "row 3", "how": "pick"})
    browser.says(made.view, {"kind": "pick", "pane": "topics", "key": "row 4", "how": "enter"})
    await browser.until(lambda: len(feed.calls) == 3)
    assert feed.calls == ["topics go {'filter': 'x'}", "topics pick row 3", "topics enter row 4"]
    await made.select("orders/0@1")
    await made.select("orders")
    assert feed.calls[3:] == ["record orders/0@1", "topic orders"]
    assert (made.topic, made.record) == (feed.topic, feed.record)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "content", "request": "a", "pane": "nowhere"},
        {"kind": "window", "request": "a", "pane": "topics", "start": 5, "end": 1},
        {"kind": "press", "pane": "topics", "press": "go", "names": ["filter"], "values": []},
        {"kind": "press", "pane": "topics", "press": "go", "names": ["x"] * 100, "values": ["y"] * 100},
        {"kind": "pick", "pane": "topics", "key": "x" * 5_000, "how": "pick"},
        {"kind": "pick", "pane": "topics", "key": "x", "how": "drop"},
        {"kind": "nothing"},
    ],
)
async def test_messages_that_do_not_fit_are_refused(browser: Browser, message: dict[str, Any]) -> None:
    feed = ScriptedPanes()
    view = explorer(browser, feed).view
    browser.says(view, message)
    assert view.failure
    assert feed.calls == []


async def test_panes_are_chosen_by_name_only(browser: Browser) -> None:
    made = explorer(browser, ScriptedPanes(), pane="messages")
    assert made.view.pane == "messages"
    with pytest.raises(traitlets.TraitError, match="There is no pane"):
        made.view.pane = "nowhere"
    with pytest.raises(TypeError, match="no option"):
        explorer(browser, ScriptedPanes(), colour="red")
    made.view.height = 1
    assert made.view.height == 88


async def test_hostile_text_is_escaped_in_the_picture_and_cut_in_messages(browser: Browser) -> None:
    made = explorer(browser, ScriptedPanes(text=HOSTILE))
    taken = made.still.bundle()
    html = taken["text/html"]
    assert "<img" not in html
    assert "&lt;img" in html
    assert "\x1b" not in taken["text/plain"]
    await browser.until(lambda: browser.sent(made.view, "tick"))
    assert "\x1b" not in json.dumps(browser.sent(made.view, "tick")[0]["panes"][0]["note"], ensure_ascii=False)


async def test_closing_ends_once_and_replaces_what_is_below(browser: Browser) -> None:
    ended: list[str] = []
    feed = ScriptedPanes()
    made = explorer(browser, feed, end=lambda: ended.append("end"), closed=lambda: ended.append("closed"))
    first, second = explorer(browser, ScriptedPanes()), explorer(browser, ScriptedPanes())
    made.attach(first)
    made.attach(second)
    assert first.comm is None
    made.close()
    made.close()
    assert ended == ["end", "closed"]
    assert feed.calls[-1] == "close"
    assert second.comm is None
    assert "Explorer of" in repr(made)
