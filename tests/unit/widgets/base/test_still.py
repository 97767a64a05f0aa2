from __future__ import annotations

import asyncio
import gc
import itertools
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import IPython.display
import pytest
from widget_feeds import ScriptedFeed, ScriptedLag
from widget_graphs import ScriptedGraph

from workbench.tasks import Supervisor
from workbench.text import StaticView, element
from workbench.widgets import CausationGraph, LagPanel, LiveTail
from workbench.widgets.base import still as module
from workbench.widgets.base.still import LONGEST_STILL_S, STILL_BYTES, STILL_S, VIEW_TYPE, Still

if TYPE_CHECKING:
    from widget_browser import Browser

Published = list[tuple[dict[str, str], dict[str, Any]]]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    found: Published = []
    monkeypatch.setattr(IPython.display, "publish_display_data", lambda data, **more: found.append((data, more)))
    return found


async def test_a_picture_is_replaced_by_its_display_id(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0.01)
    words = ["first", "second", "second"]
    still = Still("v1", lambda: StaticView(element("p", words[0]), words.pop(0)))
    still.update()
    assert published == []
    still.display()
    assert published[0][1] == {"transient": {"display_id": "workbench-still-v1"}, "update": False}
    still.update()
    await asyncio.sleep(0.05)
    assert published[1][0]["text/plain"] == "second"
    assert published[1][1]["update"]


class Clock:
    """Time that a test advances."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def counting(published: Published) -> Still:
    """The picture of a view that never shows the same twice."""
    return Still("v1", lambda: StaticView(element("p", str(len(published))), str(len(published))))


def test_a_changing_view_is_not_pictured_all_the_time(published: Published) -> None:
    still = counting(published)
    still.display()
    for _ in range(50):
        still.update()
    assert len(published) == 1
    still.update(now=True)
    assert len(published) == 2


def test_pictures_of_a_view_that_moves_all_day_become_rare(published: Published, clock: Clock) -> None:
    still = counting(published)
    still.display()
    times = []
    for _ in range(8 * 3600):
        before = len(published)
        still.update()
        if len(published) > before:
            times.append(clock.now - 1_000)
        clock.now += 1
    assert times[:8] == [2, 4, 6, 8, 18, 38, 78, 158]
    assert max(after - before for before, after in itertools.pairwise(times)) == LONGEST_STILL_S
    assert len(times) < 60


def test_a_page_that_is_hidden_leaves_a_picture_of_this_moment(published: Published, clock: Clock) -> None:
    still = counting(published)
    still.leave()
    assert published == []
    still.display()
    still.leave()
    assert len(published) == 1
    clock.now += STILL_S
    still.leave()
    still.leave()
    assert len(published) == 2


async def test_a_hidden_view_asks_for_its_picture(published: Published, clock: Clock, browser: Browser) -> None:
    tail = browser.show(LiveTail(ScriptedFeed(3)))
    tail.still.display()
    tail.feed.made = 4
    clock.now += STILL_S
    browser.says(tail, {"kind": "hidden"})
    assert "t3" not in published[0][0]["text/html"]
    assert "t3" in published[1][0]["text/html"]


async def test_without_a_browser_the_end_of_the_owner_leaves_a_last_picture(published: Published) -> None:
    tasks = Supervisor()
    feed = ScriptedFeed(3)
    tail = LiveTail(feed, supervisor=tasks)
    samples = ScriptedLag()
    lag = LagPanel(samples, figure=samples.chart, supervisor=tasks)
    gone = LiveTail(ScriptedFeed(3), supervisor=tasks)
    for view in (tail, lag, gone):
        view.still.display()
    del gone, view
    gc.collect()
    feed.made = 4
    await tasks.aclose()
    updates = [made["text/plain"] for made, more in published if more["update"]]
    assert any("t3" in text for text in updates)
    assert any("closed" in text for text in updates)
    await tasks.aclose()
    assert len(updates) == len([more for _, more in published if more["update"]])


def test_an_update_belongs_to_the_cell_that_runs_now(monkeypatch: pytest.MonkeyPatch) -> None:
    cell: ContextVar[int] = ContextVar("cell")
    seen: list[int | None] = []
    monkeypatch.setattr(IPython.display, "publish_display_data", lambda *_, **__: seen.append(cell.get(None)))
    texts = ["before", "after"]
    still = Still("v1", lambda: StaticView(element("p"), texts.pop(0)))
    cell.set(1)
    still.display()
    still.update(now=True)
    # ipykernel takes the newest cell where no context says which one.
    assert seen == [1, None]


def test_a_picture_is_bounded() -> None:
    made = Still("v1", lambda: StaticView(element("p", "x" * 2 * STILL_BYTES), "y" * 2 * STILL_BYTES)).bundle()
    assert len(made["text/html"]) < STILL_BYTES
    assert "yyy" in made["text/html"]


def test_each_view_brings_its_picture_in_one_output_or_two(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shell:
        kernel = object()

    feed = ScriptedLag()
    for view in (CausationGraph(ScriptedGraph()), LagPanel(feed, figure=feed.chart)):
        both = view._repr_mimebundle_()
        assert VIEW_TYPE in both
        assert "workbench-still" in both["text/html"]
        monkeypatch.setattr(IPython, "get_ipython", Shell)
        published.clear()
        view._ipython_display_()
        (widget, _), (picture, _) = published
        assert set(widget) == {VIEW_TYPE, "text/plain"}
        assert "workbench-still" in picture["text/html"]


def test_a_terminal_gets_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    CausationGraph(ScriptedGraph(), name="flow")._ipython_display_()
    assert capsys.readouterr().out == "<CausationGraph flow>\n"
