from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import ScriptedFeed

from workbench.errors import ValidationError
from workbench.model.feeds import Identity
from workbench.widgets.base.stream import TICK_S
from workbench.widgets.live_tail import model
from workbench.widgets.live_tail.model import SELECTION_LIMIT, TURNED_PAGE_S, LiveTail

if TYPE_CHECKING:
    from widget_browser import Browser


def rows(buffers: list[bytes]) -> list[Any]:
    return json.loads(buffers[0])  # type: ignore[no-any-return]


async def test_the_first_tick_brings_the_newest_page(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(1_000)))
    await browser.until(lambda: browser.sent(tail, "tick"))
    tick = browser.sent(tail, "tick")[0]
    assert (tick["number"], tick["base"], tick["end"], tick["total"]) == (1, 0, 1_000, 1_000)
    page = rows(browser.buffers(tail, "tick")[0])
    assert len(page) == 1_000 - tick["start"] == 31
    assert page[-1] == [["t999", "999", "value 999"], 0, 1]


async def test_paused_ticks_carry_counters_only(browser: Browser) -> None:
    feed = ScriptedFeed(1_000)
    tail = browser.show(LiveTail(feed, follow=False))
    await browser.until(lambda: browser.sent(tail, "tick"))
    assert "start" not in browser.sent(tail, "tick")[0]
    assert browser.buffers(tail, "tick")[0] == []


async def test_a_window_is_answered_within_its_bounds(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(1_000, limit=500)))
    browser.says(tail, {"kind": "window", "request": "a-1", "start": 400, "end": 10_000})
    answer = browser.sent(tail, "rows")[0]
    assert (answer["request"], answer["start"]) == ("a-1", 500)
    assert len(rows(browser.buffers(tail, "rows")[0])) == 400


async def test_a_range_beyond_the_window_is_resolved_to_records(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(1_000)))
    browser.says(tail, {"kind": "select", "view": 0, "start": 100, "end": 103, "mode": "replace"})
    assert tail.selected == (Identity("orders", 1, 100), Identity("orders", 2, 101), Identity("orders", 0, 102))
    browser.says(tail, {"kind": "select", "view": 0, "start": 100, "end": 300, "mode": "extend"})
    assert len(tail.selected) == 200
    browser.says(tail, {"kind": "select", "view": 0, "start": 100, "end": 102, "mode": "extend"})
    assert len(tail.selected) == 2
    browser.says(tail, {"kind": "select", "view": 0, "start": 101, "end": 102, "mode": "toggle"})
    assert tail.selected == (Identity("orders", 1, 100),)
    browser.says(tail, {"kind": "select", "view": 0, "start": 7, "end": 9, "mode": "extend"})
    assert {identity.offset for identity in tail.selected} == {7, 8, 100}


async def test_a_selection_survives_streaming_and_another_view(browser: Browser) -> None:
    feed = ScriptedFeed(1_000)
    tail = browser.show(LiveTail(feed))
    browser.says(tail, {"kind": "select", "view": 0, "start": 990, "end": 994, "mode": "replace"})
    chosen = tail.selected
    feed.made = 900_000
    browser.sets(tail, filter="even")
    await browser.until(lambda: feed.view == 1)
    assert tail.selected == chosen
    feed.made = 1_000
    browser.says(tail, {"kind": "window", "request": "w", "start": 494, "end": 500})
    picked = [row[1] for row in rows(browser.buffers(tail, "rows")[0])]
    assert picked == [0, 1, 1, 0, 0, 0]


async def test_a_range_of_an_earlier_view_selects_nothing(browser: Browser) -> None:
    feed = ScriptedFeed(1_000)
    tail = browser.show(LiveTail(feed))
    feed.view = 3
    browser.says(tail, {"kind": "select", "view": 2, "start": 1, "end": 5, "mode": "replace"})
    assert tail.selected == ()


async def test_picking_by_hand_has_a_limit_and_says_so(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(50_000)))
    browser.says(tail, {"kind": "select", "view": 0, "start": 0, "end": 50_000, "mode": "replace"})
    assert len(tail.selected) == SELECTION_LIMIT
    assert "first 10,000" in browser.sent(tail, "failed")[0]["message"]


async def test_a_filter_that_cannot_be_used_is_shown_and_breaks_nothing(browser: Browser) -> None:
    feed = ScriptedFeed(100)
    tail = browser.show(LiveTail(feed))
    browser.sets(tail, filter="where (")
    await browser.until(lambda: browser.sent(tail, "failed"))
    assert browser.sent(tail, "failed")[0]["message"] == "LiveTail: The filter cannot be used: where ("
    assert feed.view == 0
    assert tail.supervisor.failures == ()


async def test_a_filter_given_at_the_start_is_applied(browser: Browser) -> None:
    feed = ScriptedFeed(100)
    browser.show(LiveTail(feed, filter="even"))
    await browser.until(lambda: feed.step == 2)


async def test_one_record_in_full(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(100)))
    browser.says(tail, {"kind": "record", "request": "r", "view": 0, "position": 42})
    assert browser.sent(tail, "record")[0]["body"] == "body of orders/0@42"
    browser.says(tail, {"kind": "record", "request": "r2", "view": 0, "position": 420})
    assert browser.sent(tail, "failed")[0]["request"] == "r2"


async def test_stop_ends_reading(browser: Browser) -> None:
    feed = ScriptedFeed(100)
    tail = browser.show(LiveTail(feed))
    browser.says(tail, {"kind": "stop"})
    await browser.until(lambda: feed.state == "stopped")


@pytest.mark.parametrize("name", ["ROW_PX", "OVERSCAN_ROWS"])
def test_kernel_and_view_count_rows_alike(name: str) -> None:
    geometry = Path(model.__file__).with_name("geometry.mjs").read_text("utf-8")
    assert f"export const {name} = {getattr(model, name)};\n" in geometry


def test_the_script_is_small_and_loads_nothing() -> None:
    for text in (LiveTail._esm, LiveTail._css):
        assert len(text.encode()) <= 40_000
        assert "import " not in text
        assert "http" not in text


async def test_columns_are_chosen_by_name_and_changed_by_the_browser(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(10), columns=["offset", "value"]))
    assert [column["hidden"] for column in tail.columns] == [True, False, False]
    changed = [{**column, "width": 222, "title": "<b>"} for column in tail.columns]
    browser.sets(tail, columns=changed)
    assert [column["width"] for column in tail.columns] == [222] * 3
    assert tail.columns[0]["title"] == "Time"
    assert "<th>Time</th>" not in tail.snapshot().html()
    with pytest.raises(ValidationError, match="no column 'colour'"):
        LiveTail(ScriptedFeed(10), columns=["colour"])


async def test_sorting_pauses_and_following_ends_it(browser: Browser) -> None:
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    browser.sets(tail, order="-value")
    await browser.until(lambda: "order value True" in feed.calls)
    assert not tail.follow
    browser.sets(tail, follow=True)
    await browser.until(lambda: "order  False" in feed.calls)
    assert tail.order == ""
    sorted_at_once = LiveTail(feed, order="offset")
    browser.show(sorted_at_once)
    await browser.until(lambda: feed.calls[-1] == "order offset False")
    assert not sorted_at_once.follow


async def test_while_a_filter_is_applied_ticks_say_so(browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(10)))
    await browser.until(lambda: browser.sent(tail, "tick"))
    assert browser.sent(tail, "tick")[0]["filtering"] is False


async def test_pages_without_a_common_row_come_half_as_often(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    sleep = asyncio.sleep

    async def recorded(seconds: float) -> None:
        rests.append(seconds)
        await sleep(min(seconds, 0.01))

    monkeypatch.setattr(asyncio, "sleep", recorded)
    feed = ScriptedFeed(1_000)
    tail = browser.show(LiveTail(feed))
    found = []
    for more in (0, 5, 1_000, 1_000, 5):
        feed.made += more
        seen = len(browser.sent(tail, "tick"))
        await browser.acknowledge(tail, lambda seen=seen: len(browser.sent(tail, "tick")) > seen)
        rests.clear()
        await browser.until(lambda: any(rest >= TICK_S for rest in rests))
        found.append(next(rest for rest in rests if rest >= TICK_S))
    assert found == [TICK_S, TICK_S, TURNED_PAGE_S, TURNED_PAGE_S, TICK_S]
