"""The schema panel: what is chosen is read, and hostile names never are markup."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from widget_feeds import HOSTILE, ScriptedSchemas

from workbench.errors import SchemaRegistryError
from workbench.widgets import SchemaPanel

if TYPE_CHECKING:
    from widget_browser import Browser


def shown(panel: SchemaPanel) -> str:
    return panel.snapshot().text


async def test_subjects_and_versions_are_chosen(browser: Browser) -> None:
    feed = ScriptedSchemas()
    panel = SchemaPanel(feed, look=await feed.look("orders-value"))
    browser.show(panel)
    assert "From version 2 to version 3" in shown(panel)
    browser.says(panel, {"kind": "choose", "name": "first", "option": 0})
    await browser.until(lambda: "From version 1 to version 3" in shown(panel))
    browser.says(panel, {"kind": "choose", "name": "second", "option": 1})
    await browser.until(lambda: "From version 1 to version 2" in shown(panel))
    browser.says(panel, {"kind": "choose", "name": "subject", "option": 1})
    await browser.until(lambda: panel.look is not None and panel.look.subject == "users-value")
    assert panel.subject == "users-value"
    assert "No captured record names a schema of this subject." in shown(panel)
    browser.says(panel, {"kind": "choose", "name": "refresh", "option": 0})
    await browser.until(lambda: feed.refreshed)
    assert feed.asked[1:4] == [("orders-value", 1, 3), ("orders-value", 1, 2), ("users-value", None, None)]


async def test_where_a_schema_begins_is_shown() -> None:
    feed = ScriptedSchemas()
    text = shown(SchemaPanel(feed, look=await feed.look("orders-value")))
    # The id 1 of another cluster is another schema, and other topics name none of these.
    assert "orders/0 id 1: 0 to 4, 5 records" in text
    assert "orders/0 id 2: 5 to 9, 5 records" in text
    assert "orders/0 no schema: 2 to 2, 1 record" in text
    assert "elsewhere" not in text
    assert "BACKWARD" in text


async def test_without_a_snapshot_it_says_how_to_see_the_records() -> None:
    feed = ScriptedSchemas()
    feed.usage = None
    text = shown(SchemaPanel(feed, look=await feed.look("orders-value")))
    assert "Give a snapshot" in text
    assert "not known" in text


async def test_a_registry_that_fails_is_said_and_the_choice_stays(browser: Browser) -> None:
    feed = ScriptedSchemas()
    panel = SchemaPanel(feed, look=await feed.look("orders-value"))
    browser.show(panel)
    feed.failure = SchemaRegistryError("The registry does not answer.")
    browser.says(panel, {"kind": "choose", "name": "subject", "option": 1})
    await browser.until(lambda: "The registry does not answer." in shown(panel))
    assert panel.subject == "users-value"
    assert "From version" not in shown(panel)
    feed.failure = None
    browser.says(panel, {"kind": "choose", "name": "subject", "option": 0})
    await browser.until(lambda: "From version 2 to version 3" in shown(panel))
    assert "does not answer" not in shown(panel)


async def test_hostile_names_are_text(browser: Browser) -> None:
    feed = ScriptedSchemas(text=HOSTILE)
    panel = SchemaPanel(feed, look=await feed.look(HOSTILE))
    browser.show(panel)
    await browser.until(lambda: browser.sent(panel, "tick"))
    sent = json.dumps(browser.sent(panel, "tick"), ensure_ascii=False)
    for text in (sent, panel.snapshot().html(), repr(panel)):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<img" not in panel.snapshot().html()


async def test_a_registry_without_subjects_is_shown() -> None:
    feed = ScriptedSchemas()
    feed.subjects = []
    panel = SchemaPanel(feed)
    assert panel.subject == ""
    assert "0 subjects" in shown(panel)
