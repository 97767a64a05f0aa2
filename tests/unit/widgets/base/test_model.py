from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from widget_feeds import HOSTILE, ScriptedFeed

from workbench.widgets.base.model import Widget
from workbench.widgets.live_tail.model import LiveTail

if TYPE_CHECKING:
    from widget_browser import Browser


async def test_messages_before_a_view_wait_and_are_bounded(browser: Browser) -> None:
    tail = LiveTail(ScriptedFeed(1))
    for number in range(70):
        tail.post({"kind": "note", "n": number})
    assert tail.comm.sent == []
    browser.show(tail)
    assert [content["n"] for content in browser.sent(tail, "note")] == list(range(6, 70))
    assert browser.sent(tail, "failed")[0]["message"].startswith("6 earlier messages")


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(TypeError, match=r"no option 'hight'; it has .*height.*Check the spelling"):
        LiveTail(ScriptedFeed(1), hight=3)


async def test_repr_and_state_hold_no_payload(browser: Browser) -> None:
    feed = ScriptedFeed(100, text=HOSTILE)
    tail = browser.show(LiveTail(feed))
    browser.says(tail, {"kind": "select", "view": 0, "start": 0, "end": 3, "mode": "replace"})
    assert repr(tail) == "<LiveTail orders>"
    state = json.dumps({k: v for k, v in tail.get_state().items() if k not in ("_esm", "_css", "columns")}, default=str)
    assert "onerror" not in state
    assert "selected" not in tail.get_state()


def test_a_widget_without_a_picture_cannot_be_made() -> None:
    class Unfinished(Widget):
        pass

    with pytest.raises(TypeError, match=r"Unfinished cannot be made: it does not define snapshot\(\)"):
        Unfinished()
