from __future__ import annotations

from typing import TYPE_CHECKING

from widget_feeds import ScriptedFeed

from workbench.tasks import Supervisor
from workbench.text import StaticView, fragment
from workbench.widgets.base import flow_control, model
from workbench.widgets.base.stream import Streaming
from workbench.widgets.live_tail.model import LiveTail

if TYPE_CHECKING:
    import pytest
    from widget_browser import Browser

    from workbench.widgets.base.stream import Tick


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
    monkeypatch.setattr(flow_control, "SILENCE_S", 0.4)
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    await browser.until(lambda: "pause" in feed.calls)
    assert not tail._flow.attached
    sent = len(browser.sent(tail, "tick"))
    feed.made = 5_000
    browser.says(tail, {"kind": "ready"})
    await browser.until(lambda: len(browser.sent(tail, "tick")) > sent)
    assert browser.sent(tail, "tick")[sent]["end"] == 5_000
    assert feed.calls[-1] == "resume"


async def test_a_late_acknowledgement_is_a_return(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_control, "SILENCE_S", 0.3)
    tail = browser.show(LiveTail(ScriptedFeed(10)))
    await browser.until(lambda: not tail._flow.attached)
    browser.says(tail, {"kind": "ack", "number": 1})
    assert tail._flow.attached


async def test_the_end_of_the_owner_is_told(browser: Browser) -> None:
    owner = Supervisor()
    tail = browser.show(LiveTail(ScriptedFeed(1), supervisor=owner))
    await browser.until(lambda: browser.sent(tail, "tick"))
    await owner.aclose()
    assert browser.sent(tail, "closed")[0]["message"].startswith("closed")


async def test_a_view_that_comes_after_the_end_shows_what_was_there_last(browser: Browser) -> None:
    owner = Supervisor()
    feed = ScriptedFeed(50)
    tail = LiveTail(feed, supervisor=owner)
    await owner.aclose()
    feed.state = "closed"
    browser.show(tail)
    assert [content["kind"] for content, _ in tail.comm.sent] == ["tick", "closed"]
    tick = browser.sent(tail, "tick")[0]
    assert (tick["state"], tick["end"]) == ("closed", 50)
    browser.says(tail, {"kind": "ack", "number": tick["number"]})
    browser.says(tail, {"kind": "window", "request": "a", "start": 0, "end": 10})
    assert len(browser.sent(tail, "rows")) == 1
    browser.sets(tail, filter="even")
    await browser.until(lambda: browser.sent(tail, "tick")[-1]["end"] == 25)
    browser.says(tail, {"kind": "select", "view": 1, "start": 3, "end": 4, "mode": "replace"})
    assert browser.sent(tail, "tick")[-1]["picked"] == 1
    assert browser.sent(tail, "failed") == []
    assert tail.comm.sent[-1][0]["kind"] == "closed"


async def test_without_a_view_in_the_notebook_the_reading_ends(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.2)
    feed = ScriptedFeed(10)
    tail = browser.show(LiveTail(feed))
    await browser.until(lambda: browser.sent(tail, "tick"))
    # The cell was moved: its view is made anew.
    browser.says(tail, {"kind": "gone"})
    browser.says(tail, {"kind": "ready"})
    # Another view of the same table answers.
    browser.says(tail, {"kind": "gone"})
    browser.says(tail, {"kind": "ack", "number": browser.sent(tail, "tick")[-1]["number"]})
    await browser.until(lambda: not tail._serving)
    assert "aclose" not in feed.calls
    browser.says(tail, {"kind": "gone"})
    await browser.until(lambda: "aclose" in feed.calls)


async def test_a_feed_that_breaks_is_shown_under_the_view(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = ScriptedFeed(10)
    monkeypatch.setattr(feed, "window", lambda *_: 1 / 0)
    tail = browser.show(LiveTail(feed))
    await browser.until(lambda: tail.supervisor.failures)
    assert "ZeroDivisionError" in browser.sent(tail, "failed")[0]["message"]


class Ticking(Streaming):
    """The base class, with the picture that every view has."""

    def snapshot(self) -> StaticView:
        return StaticView(fragment("ticks"), "ticks")


async def test_ticks_come_from_the_source_that_was_given(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_control, "SILENCE_S", 0.3)
    asked: list[bool] = []
    happened: list[str] = []

    def tick(*, forced: bool) -> Tick | None:
        asked.append(forced)
        return ({"n": len(asked)}, [b"x"]) if forced else None

    shown = Ticking(
        tick=tick, on_attached=lambda: happened.append("attached"), on_detached=lambda: happened.append("detached")
    )
    assert not shown._flow.attached
    browser.show(shown)
    await browser.until(lambda: not shown._flow.attached and len(happened) == 2)
    assert happened == ["attached", "detached"]
    assert asked[0] is True
    assert browser.sent(shown, "tick")[0] == {"kind": "tick", "number": 1, "n": 1}
    assert browser.buffers(shown, "tick")[0] == [b"x"]
