from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from widget_feeds import HOSTILE, ScriptedJob, ScriptedLag, ScriptedPlan

from workbench.errors import PublishError
from workbench.model.feeds import PartProgress, Progress
from workbench.widgets import LagPanel, ProgressPanel, ReplayPanel, keep_figures_offline
from workbench.widgets.base.plotly_offline import OFFLINE
from workbench.widgets.sheet.blocks import lines_block, table_block
from workbench.widgets.sheet.model import Sheet
from workbench.widgets.sheet.progress import progress_blocks

if TYPE_CHECKING:
    from conftest import Browser

    from workbench.widgets.base.model import Widget


def blocks(browser: Browser, sheet: Widget) -> list[dict[str, Any]]:
    return browser.sent(sheet, "tick")[-1]["blocks"]  # type: ignore[no-any-return]


def words(browser: Browser, sheet: Widget) -> str:
    return json.dumps(browser.sent(sheet, "tick")[-1:], ensure_ascii=False)


async def test_the_chart_moves_with_the_samples_and_keeps_its_widget(browser: Browser) -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    browser.show(panel.sheet)
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick"))
    assert list(blocks(browser, panel.sheet)[0]["rows"][2]) == ["billing", "2", "8"]
    chart, trace = panel.chart, panel.chart.data[0]
    feed.values, feed.version = [1, 2, 99], 2
    await browser.acknowledge(panel.sheet, lambda: list(panel.chart.data[0].y) == [1, 2, 99])
    assert panel.chart is chart
    assert panel.chart.data[0] is trace
    assert "99" in words(browser, panel.sheet)


def test_without_a_viewer_the_chart_is_not_updated() -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    feed.values, feed.version = [7], 2
    assert list(panel.chart.data[0].y) == [3, 5, 8]
    panel.refresh()
    assert list(panel.chart.data[0].y) == [7]


def test_another_kind_of_chart_replaces_the_traces() -> None:
    import plotly.graph_objects as go

    feed = ScriptedLag()
    kinds = iter([go.Figure(go.Bar(y=[1])), go.Figure([go.Scatter(y=[1, 2]), go.Scatter(y=[3])])])
    panel = LagPanel(feed, figure=lambda _frame: next(kinds))
    feed.version = 2
    panel.refresh()
    assert [trace.type for trace in panel.chart.data] == ["scatter", "scatter"]


def test_charts_have_no_way_out() -> None:
    import plotly.io

    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    for key, value in OFFLINE.items():
        assert panel.chart._config[key] == value
    keep_figures_offline()
    assert plotly.io.renderers["plotly_mimetype"].config["modeBarButtonsToRemove"] == ["sendChartToCloud"]
    assert type(panel.figure()).__name__ == "Figure"
    assert repr(panel) == "<LagPanel lag of billing>"
    panel.close()


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
    panel.stop_button.click()
    await browser.until(lambda: panel.state == "stopped")


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


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (PartProgress("p", 0, None, 1_234, 5.0), "at 1,234, 5/s"),
        (PartProgress("p", 0, 10, 10, None), "at 10 of 10"),
        (PartProgress("p", 0, 100_000, 0, 10.0), "at 0 of 100,000, 10/s, 100,000 remaining, about 2 h 46 min"),
        (PartProgress("p", 0, 1_000, 0, 10.0), "at 0 of 1,000, 10/s, 1,000 remaining, about 1 min 40 s"),
    ],
)
def test_positions_in_words(part: PartProgress, words: str) -> None:
    (bars,) = progress_blocks(Progress("running", (part,)), "Partitions")
    assert bars.packed()["bars"][0][2] == words


def test_a_share_is_full_only_at_the_end() -> None:
    (bars,) = progress_blocks(Progress("running", (PartProgress("p", 0, 10_000, 9_999),)), "Partitions")
    assert "99.9%" in bars.text()


def test_long_lists_and_tables_are_cut_and_counted() -> None:
    assert lines_block("L", [str(n) for n in range(205)]).items[-1] == "… 5 more"
    cut = table_block("T", ["n"], [(str(n),) for n in range(1_000)])
    assert len(cut.rows) == 200
    assert cut.packed()["title"] == "T (first 200, 800 more)"


@pytest.mark.parametrize("kind", ["lag", "replay", "progress"])
async def test_hostile_text_reaches_neither_browser_nor_snapshot_raw(browser: Browser, kind: str) -> None:
    feed = ScriptedLag(text=HOSTILE)
    panel: Any = {
        "lag": lambda: LagPanel(feed, figure=feed.chart),
        "replay": lambda: ReplayPanel(ScriptedPlan(text=HOSTILE, protected=True)),
        "progress": lambda: ProgressPanel(ScriptedJob(text=HOSTILE)),
    }[kind]()
    browser.show(panel.sheet)
    await browser.until(lambda: browser.sent(panel.sheet, "tick"))
    assert "\x1b" not in words(browser, panel.sheet)
    assert "\u202e" not in words(browser, panel.sheet)
    html = panel.snapshot().html()
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;img" in html
    assert "\u202e" not in repr(panel)
    panel.close()


async def test_a_sheet_sends_only_what_changed(browser: Browser) -> None:
    sheet = browser.show(Sheet(name="s"))
    await browser.acknowledge(sheet, lambda: browser.sent(sheet, "tick"))
    sheet.show("live", [lines_block("L", ["a"])])
    await browser.acknowledge(sheet, lambda: len(browser.sent(sheet, "tick")) == 2)
    sheet.show("live", [lines_block("L", ["a"])])
    assert not sheet._due
