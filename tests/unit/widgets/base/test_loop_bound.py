from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from widget_feeds import ScriptedFeed, ScriptedPlan

from workbench.widgets import LiveTail, ReplayPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from widget_browser import Browser


def in_another_loop(call: Callable[[], None]) -> None:
    """Do it in a thread with a loop of its own, as a kernel subshell does."""

    async def work() -> None:
        call()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join()


async def test_messages_of_a_subshell_are_handled_on_the_loop_of_the_cells(browser: Browser) -> None:
    home = asyncio.get_running_loop()
    feed = ScriptedFeed(100)
    tail = LiveTail(feed)
    browser.widgets.append(tail)
    seen: list[Any] = []
    tail.observe(lambda _change: seen.append(asyncio.get_running_loop()), "selected")
    in_another_loop(lambda: browser.says(tail, {"kind": "ready"}))
    in_another_loop(lambda: browser.sets(tail, filter="even"))
    await browser.until(lambda: browser.sent(tail, "tick") and feed.view == 1)
    select = {"kind": "select", "view": 1, "start": 0, "end": 1, "mode": "replace"}
    in_another_loop(lambda: browser.says(tail, select))
    await browser.until(lambda: seen)
    assert seen == [home]
    assert tail._pump_task is not None
    assert tail._pump_task.get_loop() is home


async def test_a_click_of_a_subshell_runs_on_the_loop_of_the_cells(browser: Browser) -> None:
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    in_another_loop(lambda: browser.sets(panel.token, value="be9f0e35"))
    await browser.until(lambda: not panel.run_button.disabled)
    in_another_loop(lambda: browser.says(panel.run_button, {"event": "click"}))
    await browser.until(lambda: source.calls)
    source.may_finish.set()
    await browser.until(lambda: panel.state == "done")
    panel.close()
