"""The journey of a newcomer: the quickstart notebook in JupyterLab, to a drawn graph and a finished replay."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
JOURNEY_MS = 240_000


def test_quickstart_runs_to_a_drawn_graph_and_a_verified_replay(
    kernels: Lab,
    lab_page: Callable[..., Page],
    picture: Callable[[Page, str], None],
) -> None:
    shutil.copy(NOTEBOOKS / "00_quickstart.ipynb", kernels.root / "quickstart.ipynb")
    page = lab_page()
    shown = kernels.open(page, "quickstart.ipynb")
    last = "failures = cluster.tasks.failures"
    cells = page.evaluate(
        "() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.sharedModel.getSource())",
    )
    closing = next(number for number, text in enumerate(cells) if last in text)
    page.evaluate(
        """async (count) => {
          const notebook = jupyterapp.shell.currentWidget;
          for (let number = 0; number < count; number++) {
            notebook.content.activeCellIndex = number;
            await jupyterapp.commands.execute('notebook:run-cell');
          }
        }""",
        closing,
    )
    shown.until("report.state", "verified", seconds=JOURNEY_MS / 1000)
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    page.wait_for_function("() => document.querySelectorAll('.wb-graph [role=button]').length > 5", timeout=60_000)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        shown.theme(theme)
        for part, selector in (("tail", ".wb-tail"), ("graph", ".wb-graph")):
            shown.bring(page.locator(selector).first)
            picture(page, f"{part}-{theme.split()[1]}")
    page.locator(".wb-graph .wb-node[tabindex='0']").focus()
    page.keyboard.press("Enter")
    shown.until("len(graph.selected)", "1")
    page.get_by_role("textbox", name="Token to confirm").fill(shown.kernel("print(panel.plan.token)"))
    page.get_by_role("button", name="Run this plan").click()
    shown.until("panel.state", "done", seconds=60)
    expect(page.locator("body")).to_contain_text("level 1: delivery verified")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        shown.theme(theme)
        shown.bring(page.get_by_role("button", name="Run this plan"))
        picture(page, f"replay-{theme.split()[1]}")
    assert shown.kernel("print(cluster.tasks.failures)") == "()"
    shown.kernel("snap.close()\nawait cluster.aclose()")
