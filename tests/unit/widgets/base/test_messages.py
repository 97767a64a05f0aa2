from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from widget_feeds import ScriptedFeed

from workbench.errors import ValidationError
from workbench.widgets.base.messages import Message
from workbench.widgets.live_tail.model import LiveTail

if TYPE_CHECKING:
    from widget_browser import Browser


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "ready",
        {},
        {"kind": 7},
        {"kind": "close"},
        {"kind": "__init__"},
        {"kind": "tick"},
        {"kind": "ack", "number": -1},
        {"kind": "ack", "number": True},
        {"kind": "ack", "number": "1"},
        {"kind": "window", "request": "x", "start": 5, "end": 1},
        {"kind": "window", "request": "x", "start": 0.5, "end": 1},
        {"kind": "window", "request": "x" * 65, "start": 0, "end": 1},
        {"kind": "window", "request": "x", "start": 0, "end": 2**60},
        {"kind": "select", "view": 0, "start": 0, "end": 1, "mode": "all"},
        {"kind": "select", "view": None, "start": 0, "end": 1, "mode": "replace"},
        {"kind": "record", "request": {}, "view": 0, "position": 1},
    ],
)
async def test_what_a_browser_says_is_checked(browser: Browser, content: object) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(100)))
    browser.says(tail, content)
    assert tail.failure.startswith("LiveTail: A message from the browser was refused")
    assert tail.selected == ()


def test_fields_are_read_by_type() -> None:
    message = Message(
        {"kind": "k", "n": 3, "start": 1, "end": 4, "keys": ["a", "b"], "mode": "toggle", "request": "r-1"}
    )
    assert (message.kind, message.number("n"), message.bounds(), message.request) == ("k", 3, (1, 4), "r-1")
    assert (message.texts("keys", 2), message.choice("mode", ("toggle", "extend"))) == (["a", "b"], "toggle")


def test_a_refusal_names_the_field_and_never_its_value() -> None:
    with pytest.raises(ValidationError, match="n is not a number from 0") as raised:
        Message({"kind": "k", "n": "secret"}).number("n")
    assert raised.value.errors == [("n", "a number from 0", "str")]
    assert "secret" not in str(raised.value)
