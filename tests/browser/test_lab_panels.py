from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Notebook
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

GRAPH = """
from workbench.tracing.graph import build_graph
from workbench.tracing.views import TraceViews
from decoded_events import event_table
from workbench.widgets import CausationGraph

types = ["OrderPlaced", "PaymentTaken", "StockReserved", "InvoiceSent", "ParcelShipped"]
k = {"correlation_id": "k"}
rows = [{"event_id": "e0", "t": 0, "cause_state": "root", "event_type": types[0], "source": "shop", **k}]
for n in range(1, 14):
    rows.append({"event_id": f"e{n}", "t": n * 40_000, "causes": [f"e{(n - 1) // 2}"], "event_type": types[n % 5],
                 "topic": ("orders", "billing", "parcels")[n % 3], "source": ("shop", "pay")[n % 2], **k})
rows.append({"event_id": "late", "t": 600_000, "causes": ["gone"], "event_type": "Orphan<b>", **k})
graph = CausationGraph(TraceViews(build_graph(event_table(rows), provenance="journey")))
graph
"""
LAG = """
from widget_feeds import ScriptedLag
from workbench.widgets import LagPanel
feed = ScriptedLag()
panel = LagPanel(feed, figure=feed.chart)
panel
"""
REPLAY = """
from widget_feeds import ScriptedPlan
from workbench.widgets import ReplayPanel
source = ScriptedPlan(protected=True)
panel = ReplayPanel(source)
panel
"""
WHERE = """
import asyncio
seen, home = [], asyncio.get_running_loop()
panel.run_button.on_click(lambda _button: seen.append(asyncio.get_running_loop() is home))
"""
PROGRESS = """
from widget_feeds import ScriptedJob
from workbench.widgets import ProgressPanel
job = ScriptedJob()
panel = ProgressPanel(job)
panel
"""
THEMES = ("JupyterLab Light", "JupyterLab Dark")


def look(shown: Notebook, picture: Callable[[Page, str], None], name: str, root: str) -> None:
    shown.bring(shown.page.locator(root).first)
    for theme in THEMES:
        shown.theme(theme)
        picture(shown.page, f"{name}-{theme.split()[-1]}")
        ratio, text = lowest_contrast(shown.page, root)
        assert ratio >= 4.5, f"{theme}: {text} {ratio}"


def test_a_real_graph_is_drawn_clicked_and_changed(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(GRAPH, "graph.snapshot()")
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.wb-graph .wb-node').length >= 15")
    assert page.locator(".wb-graph b, .workbench-snapshot b").count() == 0
    # The first picture is the hidden still of the live view.
    expect(page.locator(".workbench-snapshot img").last).to_be_visible()
    page.get_by_role("group", name="Events").get_by_role("button", name="PaymentTaken").first.click()
    shown.until("len(graph.selected)", "1")
    expect(page.locator(".wb-node[aria-pressed=true]")).to_have_count(1)
    shown.kernel("from workbench.model.feeds import Identity\nbefore = graph.selected")
    look(shown, picture, "graph", ".wb-graph")
    page.get_by_role("button", name="Swimlanes").click()
    shown.until("graph.layout_name, graph.view.layout", "swimlanes swimlanes")
    page.wait_for_function("() => document.querySelectorAll('.wb-graph .wb-lane').length >= 3")
    shown.until("graph.selected == before", "True")
    expect(page.locator(".wb-node[aria-pressed=true]")).to_have_count(1)
    picture(page, "graph-lanes")
    for button, layout in (("Waterfall", "waterfall"), ("Sequence", "sequence"), ("Map", "map")):
        page.get_by_role("button", name=button, exact=True).click()
        shown.until("graph.view.layout", layout)
        page.wait_for_function("layout => document.querySelector('.wb-graph').dataset.layout === layout", arg=layout)
        expect(page.locator(".wb-node[aria-pressed=true]").first).to_be_attached()
        shown.until("graph.selected == before", "True")
        picture(page, f"graph-{layout}")
    page.get_by_role("searchbox", name="Find").fill("invoice")
    expect(page.locator(".wb-found-text")).to_contain_text("found")
    page.get_by_role("button", name="Swimlanes").click()
    shown.until("graph.view.layout", "swimlanes")
    page.locator(".wb-node[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    shown.until("graph.selected != before and len(graph.selected) == 1", "True")
    shown.kernel("graph.selected = ()")
    expect(page.locator(".wb-node[aria-pressed=true]")).to_have_count(0)
    assert shown.kernel("print(graph.failure, graph.supervisor.failures)") == "()"


def test_a_lag_chart_moves_and_has_no_way_out(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(LAG, "from workbench.widgets import show_figure\nshow_figure(panel.figure())")
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 2")
    page.wait_for_function("() => document.querySelectorAll('.modebar').length === 2")
    titles = page.evaluate(
        "() => [...document.querySelectorAll('.modebar-btn')]"
        ".map((button) => button.dataset.title ?? button.getAttribute('aria-label'))",
    )
    assert titles
    assert not [title for title in titles if title and ("hare" in title or "loud" in title)]
    assert page.locator(".modebar a[href], .modebar-btn--logo").count() == 0
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot .main-svg').clientWidth"
        " > 0.95 * document.querySelector('.wb-sheet').clientWidth",
    )
    expect(page.get_by_role("cell", name="8", exact=True)).to_be_visible()
    shown.kernel("feed.values, feed.version, feed.note = [3, 5, 4242], 2, 'sampled 10:00:10'")
    expect(page.get_by_role("cell", name="4242", exact=True)).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelector('.js-plotly-plot').data[0].y].includes(4242)",
    )
    look(shown, picture, "lag", ".wb-sheet")
    assert shown.kernel("print(panel.sheet.failure, panel.sheet.supervisor.failures)") == "()"


def test_a_replay_is_confirmed_by_typing_and_runs(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(f"{REPLAY}\n{WHERE}\npanel")
    page = shown.page
    expect(page.get_by_role("region", name="Replay to orders.replay")).to_contain_text("nothing has been sent")
    run = page.get_by_role("button", name="Run this plan")
    expect(run).to_be_disabled()
    look(shown, picture, "replay", ".wb-sheet")
    page.get_by_label("Token to confirm").fill("12345678")
    page.get_by_label("Name of the target").fill("orders.replay")
    expect(run).to_be_enabled()
    run.click()
    expect(page.locator(".wb-error")).to_contain_text("G-7: this plan was not confirmed")
    assert shown.kernel("print(panel.state, panel.report)") == "refused None"
    page.get_by_label("Token to confirm").fill("be9f0e35")
    run.click()
    expect(page.get_by_role("progressbar", name="orders.replay")).to_have_attribute("aria-valuenow", "50")
    shown.kernel("source.may_finish.set()")
    expect(page.locator(".wb-sheet")).to_contain_text("120 of 120 records acknowledged, verified")
    assert shown.kernel("print(seen)") == "[True, True]"
    assert shown.kernel("print(panel.state, source.calls[-1])") == "done ('be9f0e35', 'orders.replay')"
    expect(run).to_be_disabled()
    picture(page, "replay-done")


def test_a_replay_is_run_by_keyboard_and_nothing_is_sent_before(notebook: Callable[..., Notebook]) -> None:
    shown = notebook(f"{REPLAY}\n{WHERE}\npanel")
    page = shown.page
    page.get_by_label("Token to confirm").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("orders.replay")
    assert shown.kernel("print(source.calls, panel.state)") == "[] planned"
    page.get_by_label("Token to confirm").focus()
    page.keyboard.type("be9f0e35")
    run = page.get_by_role("button", name="Run this plan")
    expect(run).to_be_enabled()
    assert shown.kernel("print(source.calls, panel.state)") == "[] planned"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(run).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="orders.replay")).to_have_attribute("aria-valuenow", "50")
    pause = page.get_by_role("button", name="Pause")
    pause.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    page.keyboard.press("Enter")
    expect(pause).to_be_visible()
    shown.kernel("source.may_finish.set()")
    expect(page.locator(".wb-sheet")).to_contain_text("120 of 120 records acknowledged, verified")
    assert shown.kernel("print(source.calls, source.held)") == "[('be9f0e35', 'orders.replay')] ['pause', 'resume']"


def test_progress_moves_and_can_be_cancelled(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(PROGRESS)
    page = shown.page
    expect(page.get_by_role("progressbar", name="orders/2")).to_have_attribute("aria-valuenow", "40")
    shown.kernel("job.at(75)")
    expect(page.get_by_role("progressbar", name="orders/2")).to_have_attribute("aria-valuenow", "75")
    look(shown, picture, "progress", ".wb-sheet")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".wb-sheet .wb-figures")).to_have_text("stopped")
    assert shown.kernel("print(job.cancelled)") == "1"


def test_a_saved_notebook_keeps_snapshots_and_no_state(notebook: Callable[..., Notebook]) -> None:
    shown = notebook(GRAPH, "graph.snapshot()", PROGRESS, "panel.snapshot()")
    page = shown.page
    expect(page.get_by_role("progressbar", name="orders/2")).to_be_visible()
    saved = shown.save()
    outputs = [output for cell in saved["cells"] for output in cell["outputs"]]
    shown.kernel("print('still alive')")
    kept = [output["data"] for output in outputs if "text/html" in output["data"]]
    # Below each live view its still, and the snapshots that the cells ask for.
    assert len(kept) == 4
    assert sum("data:image/svg+xml" in "".join(one["text/html"]) for one in kept) == 2
    for output in outputs:
        if "application/vnd.jupyter.widget-view+json" in output["data"]:
            assert len(str(output)) < 1_000
    assert "widgets" not in saved["metadata"] or not saved["metadata"]["widgets"]
