from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import ScriptedJob

from workbench.widgets import ProgressPanel

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def blocks(browser: Browser, sheet: Widget) -> list[dict[str, Any]]:
    return browser.sent(sheet, "tick")[-1]["blocks"]  # type: ignore[no-any-return]


async def test_the_progress_of_a_job_and_its_cancel_button(browser: Browser) -> None:
    job = ScriptedJob()
    panel = ProgressPanel(job)
    browser.show(panel.sheet)
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick"))
    (bars, counted) = blocks(browser, panel.sheet)
    assert [bar[0] for bar in bars["bars"]] == ["all 3 parts", "orders/0", "orders/1", "orders/2"]
    assert bars["bars"][0][1] == pytest.approx(0.4)
    assert bars["bars"][0][2] == "240 of 600, 60/s, 360 remaining, about 6 s"
    assert bars["bars"][1][2] == "at 40 of 100, 20/s, 60 remaining, about 3 s"
    assert counted["title"] == "Counted"
    panel.cancel_button.click()
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick")[-1]["state"] == "stopped")
    assert job.cancelled == 1
    assert panel.cancel_button.disabled
    assert repr(panel) == "<ProgressPanel capture of orders: stopped>"


async def test_a_job_that_is_done_folds_to_one_line(browser: Browser) -> None:
    job = ScriptedJob()
    panel = ProgressPanel(job)
    browser.show(panel.sheet)
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick"))
    job.progress = replace(job.progress, state="done")
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick")[-1]["state"].startswith("done · "))
    assert blocks(browser, panel.sheet) == []
    await panel.sheet.supervisor.aclose()
    assert browser.sent(panel.sheet, "closed")[-1]["final"]
    assert panel.cancel_button.layout.display == "none"
