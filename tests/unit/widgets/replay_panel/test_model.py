from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import ScriptedPlan

from workbench.errors import PublishError, ReplayRefused
from workbench.widgets import ReplayPanel
from workbench.widgets.base import model
from workbench.widgets.replay_panel.model import plan_blocks
from workbench.widgets.sheet.blocks import Facts

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def blocks(browser: Browser, sheet: Widget) -> list[dict[str, Any]]:
    return browser.sent(sheet, "tick")[-1]["blocks"]  # type: ignore[no-any-return]


def words(browser: Browser, sheet: Widget) -> str:
    return json.dumps(browser.sent(sheet, "tick")[-1:], ensure_ascii=False)


async def test_a_plan_is_shown_before_anything_is_sent(browser: Browser) -> None:
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    await browser.until(lambda: browser.sent(panel.sheet, "tick"))
    assert [block["title"] for block in blocks(browser, panel.sheet)] == [
        "Warnings",
        "Plan",
        "Records for each partition",
        "Samples",
    ]
    assert source.calls == []
    assert panel.run_button.disabled
    assert panel.state == "planned"


async def test_the_typed_token_runs_the_plan_and_leaves_a_report(browser: Browser) -> None:
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = " be9f0e35 "
    assert not panel.run_button.disabled
    panel.run_button.click()
    assert (panel.state, panel.run_button.disabled, panel.token.disabled) == ("running", True, True)
    panel.run_button.click()
    await browser.acknowledge(panel.sheet, lambda: "60 of 120, 30/s, 60 remaining" in words(browser, panel.sheet))
    source.may_finish.set()
    await browser.acknowledge(panel.sheet, lambda: "120 of 120 records acknowledged" in words(browser, panel.sheet))
    assert source.calls == [("be9f0e35", None)]
    assert (panel.state, panel.report) == ("done", "120 of 120 records acknowledged, verified")
    assert panel.run_button.disabled


async def test_a_wrong_token_is_refused_and_can_be_corrected(browser: Browser) -> None:
    source = ScriptedPlan()
    source.may_finish.set()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e3"
    panel.run_button.click()
    await browser.acknowledge(panel.sheet, lambda: "G-7: this plan" in words(browser, panel.sheet))
    assert panel.state == "refused"
    assert panel.supervisor.failures == ()
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.until(lambda: panel.state == "done")


@pytest.mark.parametrize(
    ("message", "reasons", "shown"),
    [
        ("G-7: it is another. Look again.", ["G-7: it is another"], ["G-7: it is another. Look again."]),
        ("Refused. G-5: a. G-6: b.", ["G-5: a.", "G-6: b."], ["G-5: a.", "G-6: b."]),
        ("There is no journal.", ["no journal here"], ["There is no journal.", "no journal here"]),
    ],
)
async def test_a_reason_is_told_once(browser: Browser, message: str, reasons: list[str], shown: list[str]) -> None:
    source = ScriptedPlan()
    source.may_finish.set()
    source.error = ReplayRefused(message, reasons=reasons)
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.until(lambda: panel.state == "refused")
    lines = repr(panel.snapshot()).splitlines()
    at = lines.index("  - Refused; nothing was written.") + 1
    assert lines[at : at + len(shown)] == [f"  - {line}" for line in shown]
    assert not lines[at + len(shown)].startswith("  - ")


async def test_a_protected_target_must_be_typed(browser: Browser) -> None:
    source = ScriptedPlan(protected=True)
    source.may_finish.set()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e35"
    assert panel.run_button.disabled
    panel.target.value = "orders.replay"
    panel.run_button.click()
    await browser.until(lambda: panel.state == "done")
    assert source.calls == [("be9f0e35", "orders.replay")]


async def test_a_refused_plan_has_no_button_and_a_sent_click_does_nothing(browser: Browser) -> None:
    source = ScriptedPlan(refusals=("G-3: the connection is read-only",))
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    await browser.until(lambda: browser.sent(panel.sheet, "tick"))
    assert panel.children == (panel.sheet,)
    assert "G-3: the connection is read-only" in words(browser, panel.sheet)
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    assert source.calls == []


def test_a_dashboard_does_not_run_a_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    source = ScriptedPlan()
    assert not ReplayPanel(source).runnable
    assert ReplayPanel(source, in_dashboard=True).runnable


async def test_a_run_can_be_stopped(browser: Browser) -> None:
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.until(lambda: source.calls)
    source.kept = "state: stopped, 60 acked, 60 unsent. To send the rest: resume"
    panel.stop_button.click()
    await browser.acknowledge(panel.sheet, lambda: "60 acked, 60 unsent" in words(browser, panel.sheet))
    assert (panel.state, panel.report) == ("stopped", source.kept)
    assert [block["title"] for block in blocks(browser, panel.sheet)][:2] == ["Result", "Report"]
    assert "Stopped before its end." in words(browser, panel.sheet)


async def test_a_run_is_paused_and_goes_on(browser: Browser) -> None:
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    assert panel.pause_button.disabled
    panel.pause_button.click()
    assert source.held == []
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.until(lambda: source.calls)
    panel.pause_button.click()
    assert panel.pause_button.description == "Resume"
    panel.pause_button.click()
    assert (panel.pause_button.description, source.held) == ("Pause", ["pause", "resume"])
    panel.pause_button.click()
    source.may_finish.set()
    await browser.until(lambda: panel.state == "done")
    assert panel.pause_button.disabled
    assert panel.pause_button.description == "Pause"


@pytest.mark.parametrize(
    ("error", "kept"),
    [(PublishError("The broker went away."), 0), (ZeroDivisionError("oops"), 1)],
)
async def test_a_run_that_fails_says_so(browser: Browser, error: Exception, kept: int) -> None:
    source = ScriptedPlan()
    source.may_finish.set()
    source.error = error
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.acknowledge(panel.sheet, lambda: "Failed" in words(browser, panel.sheet))
    assert panel.state == "failed"
    assert panel.report is None
    assert len(panel.supervisor.failures) == kept


def test_each_fact_of_a_plan_is_listed_once() -> None:
    plan = replace(ScriptedPlan().facts, target="a.replay, b.replay, c.replay", summary=(("target", "a → a.replay"),))
    names = [name for block in plan_blocks(plan) if isinstance(block, Facts) for name, _ in block.pairs]
    assert sorted(names) == sorted(set(names))
    closer = replace(
        plan, summary=(("records", "120, 3 keys, 45,000 bytes"),), diffs=(("orders/0@1", "--- a\n+++ b\n-1\n+2"),)
    )
    assert "size" not in [name for block in plan_blocks(closer) if isinstance(block, Facts) for name, _ in block.pairs]
    assert plan_blocks(closer)[-1].packed()["lines"] == ("-1", "+2")
    source = ScriptedPlan()
    source.facts = plan
    assert ReplayPanel(source).name == "Replay to a.replay and 2 more"
    titles = [block.title for block in plan_blocks(plan, done=True)]
    assert "Records for each partition" not in titles


async def test_a_deleted_cell_stops_the_run(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.05)
    panel = ReplayPanel(ScriptedPlan())
    browser.show(panel.sheet)
    # Without a run there is nothing to stop, and the plan can still be run from another cell.
    browser.says(panel.sheet, {"kind": "deleted"})
    await browser.until(lambda: not panel.sheet._serving)
    assert panel.state == "planned"
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    # The cell runs again: its output is cleared until the panel is shown anew.
    browser.says(panel.sheet, {"kind": "gone"})
    await browser.until(lambda: not panel.sheet._serving)
    assert panel.state == "running"
    browser.says(panel.sheet, {"kind": "deleted"})
    await browser.until(lambda: panel.state == "stopped")
    assert "The journal says what was sent" in repr(panel.snapshot())
    assert panel.supervisor.failures == ()


async def test_a_page_that_says_so_late_finds_a_closed_panel(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.05)
    source = ScriptedPlan()
    panel = ReplayPanel(source)
    browser.show(panel.sheet)
    panel.token.value = "be9f0e35"
    panel.run_button.click()
    await browser.until(lambda: source.calls)
    # The cell was run again with another plan: its former panel is closed, and its page is removed a moment later.
    browser.says(panel.sheet, {"kind": "deleted"})
    panel.close()
    await browser.until(lambda: not panel.sheet._serving and panel.state == "stopped")
    assert panel.supervisor.failures == ()
