from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import HOSTILE, ScriptedFeed

from workbench.model.feeds import Identity
from workbench.tasks import Supervisor
from workbench.widgets.base import flow_control as _credit
from workbench.widgets.live_tail.model import SELECTION_LIMIT, LiveTail

if TYPE_CHECKING:
    from conftest import Browser


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


async def test_ticks_wait_for_acknowledgements_and_coalesce(browser: Browser) -> None:
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    await feed.produce(rate=5_000, seconds=1)
    assert len(browser.sent(tail, "tick")) == 2
    browser.says(tail, {"kind": "ack", "number": 2})
    await browser.until(lambda: len(browser.sent(tail, "tick")) == 3)
    assert browser.sent(tail, "tick")[2]["end"] == feed.made


async def test_nothing_new_sends_nothing(browser: Browser) -> None:
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    await browser.acknowledge(tail, lambda: browser.sent(tail, "tick"))
    await feed.produce(rate=0, seconds=0)
    assert len(browser.sent(tail, "tick")) == 1


async def test_silence_detaches_and_a_return_shows_the_present(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_credit, "SILENCE_S", 0.4)
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    await browser.until(lambda: "pause" in feed.calls)
    assert not tail.is_attached
    sent = len(browser.sent(tail, "tick"))
    feed.made = 5_000
    browser.says(tail, {"kind": "ready"})
    await browser.until(lambda: len(browser.sent(tail, "tick")) > sent)
    assert browser.sent(tail, "tick")[sent]["end"] == 5_000
    assert feed.calls[-1] == "resume"


async def test_a_late_acknowledgement_is_a_return(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_credit, "SILENCE_S", 0.3)
    tail = browser.show(LiveTail(ScriptedFeed(10)))
    await browser.until(lambda: not tail.is_attached)
    browser.says(tail, {"kind": "ack", "number": 1})
    assert tail.is_attached


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


async def test_messages_before_a_view_wait_and_are_bounded(browser: Browser) -> None:
    tail = LiveTail(ScriptedFeed(1))
    for number in range(70):
        tail.post({"kind": "note", "n": number})
    assert tail.comm.sent == []
    browser.show(tail)
    assert [content["n"] for content in browser.sent(tail, "note")] == list(range(6, 70))
    assert browser.sent(tail, "failed")[0]["message"].startswith("6 earlier messages")


async def test_the_end_of_the_owner_is_told(browser: Browser) -> None:
    owner = Supervisor()
    tail = browser.show(LiveTail(ScriptedFeed(1), supervisor=owner))
    await browser.until(lambda: browser.sent(tail, "tick"))
    await owner.aclose()
    assert browser.sent(tail, "closed")[0]["message"].startswith("closed")


async def test_a_feed_that_breaks_is_shown_under_the_view(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = ScriptedFeed(10)
    monkeypatch.setattr(feed, "window", lambda *_: 1 / 0)
    tail = browser.show(LiveTail(feed))
    await browser.until(lambda: tail.supervisor.failures)
    assert "ZeroDivisionError" in browser.sent(tail, "failed")[0]["message"]


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


async def test_a_snapshot_is_static_escaped_and_counts_the_rest() -> None:
    tail = LiveTail(ScriptedFeed(1_000, text=HOSTILE))
    still = tail.snapshot()
    html = still.html()
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("<tr>") == 1 + 10 + 1 + 40
    assert "… 950 rows more …" in html
    assert "1,000 read, 1,000 held, 0 dropped, 0 behind" in repr(still)


def test_the_script_is_small_and_loads_nothing() -> None:
    for text in (LiveTail._esm, LiveTail._css):
        assert len(text.encode()) <= 40_000
        assert "import " not in text
        assert "http" not in text
