"""The quickstart notebook in JupyterLab: each cell twice, then Run All; its pictures stay without kernel and trust."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk
    from lab import Notebook
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(500)]

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"
THEMES = ("JupyterLab Light", "JupyterLab Dark")
STILLS = ".workbench-still"
VIEWS = 5
"""The tail, the progress of the capture, the graph, the lag panel and the replay panel; each has a picture."""
PLOTLY = "application/vnd.plotly.v1+json"
AXES = """() => Object.entries(document.querySelector('.wb-chart .js-plotly-plot')._fullLayout)
  .filter(([name]) => /^xaxis/.test(name)).map(([, axis]) => String(axis.range[0]).slice(0, 4))"""


def code_cells() -> list[int]:
    cells = json.loads(QUICKSTART.read_text())["cells"]
    return [number for number, cell in enumerate(cells) if cell["cell_type"] == "code"]


def check_outputs(shown: Notebook, drawings: int) -> None:
    """No cell failed or warned, and each view has its picture below it."""
    outputs = shown.outputs()
    assert [one for one in outputs if one["output_type"] == "error" or one.get("name") == "stderr"] == []
    html = ["".join(one.get("data", {}).get("text/html", "")) for one in outputs]
    assert sum("workbench-still" in one for one in html) == VIEWS
    assert sum("workbench-still" in one and "<img " in one for one in html) >= drawings
    assert sum(PLOTLY in one.get("data", {}) for one in outputs) == 1, "the chart of one sample"
    assert sum(one.count("<tr") for one in html) > 60


def check_pictures(page: Page) -> None:
    """Each view left something that can be read: rows of tables, and drawings."""
    expect(page.locator(STILLS)).to_have_count(VIEWS)
    for number in range(VIEWS):
        still = page.locator(STILLS).nth(number)
        still.scroll_into_view_if_needed()
        expect(still).to_be_visible()
        assert (still.text_content() or "").strip() or still.locator("img").count()
    images = page.locator(f"{STILLS} img")
    assert images.count() >= 1
    for number in range(images.count()):
        images.nth(number).scroll_into_view_if_needed()
        assert images.nth(number).evaluate("(image) => image.complete && image.naturalWidth") > 200
    assert page.locator(f"{STILLS} td").count() > 60
    expect(page.get_by_text("model not found").filter(visible=True)).to_have_count(0)


def check_live_views(shown: Notebook, picture: Callable[[Page, str], None]) -> None:
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.wb-graph [role=button]').length > 5", timeout=60_000)
    page.wait_for_function("() => document.querySelector('.wb-chart .js-plotly-plot')?.data.length > 8", timeout=60_000)
    axes = page.evaluate(AXES)
    assert len(axes) == 8, axes
    assert "2000" not in axes
    # While the views live, their pictures are hidden.
    assert page.locator(STILLS).evaluate_all("(all) => all.map((one) => one.checkVisibility())") == [False] * VIEWS
    parts = {"tail": ".wb-tail", "graph": ".wb-graph", "lag": ".wb-chart"}
    for theme in THEMES:
        shown.theme(theme)
        for part, selector in parts.items():
            shown.bring(page.locator(selector).first)
            picture(page, f"{part}-{theme.split()[1]}")
    page.locator(".wb-graph .wb-node[tabindex='0']").focus()
    page.keyboard.press("Enter")
    shown.until("len(graph.selected)", "1")


def check_replay(shown: Notebook, picture: Callable[[Page, str], None]) -> None:
    page = shown.page
    page.get_by_role("textbox", name="Token to confirm").fill(shown.kernel("print(panel.plan.token)"))
    page.get_by_role("button", name="Run this plan").click()
    shown.until("panel.state", "done", seconds=60)
    expect(page.locator("body")).to_contain_text("level 1: delivery verified")
    for theme in THEMES:
        shown.theme(theme)
        shown.bring(page.get_by_role("button", name="Run this plan"))
        picture(page, f"replay-{theme.split()[1]}")


def untrusted(desk: Desk, content: dict[str, Any]) -> str:
    """Keep the notebook as another file, which JupyterLab has not signed."""
    changed = {**content, "metadata": {**content["metadata"], "note": "another file"}}
    (desk.lab.root / "mailed.ipynb").write_text(json.dumps(changed))
    return "mailed.ipynb"


@pytest.mark.usefixtures("replaced_views")
def test_every_cell_runs_twice_and_the_pictures_stay(desk: Desk, picture: Callable[[Page, str], None]) -> None:
    shutil.copy(QUICKSTART, desk.lab.root / "quickstart.ipynb")
    shown = desk.show("quickstart.ipynb")
    *cells, closing = code_cells()
    shown.run(*(number for number in cells for _ in range(2)), seconds=240)
    assert shown.kernel("print(report.state)") == "verified"
    check_live_views(shown, picture)
    check_outputs(shown, drawings=2)
    check_replay(shown, picture)
    shown.run(closing, closing)
    assert shown.kernel("print(failures)") == "()"

    shown.run_all(seconds=240)
    # The lag panel has no second sample yet when its cluster is closed.
    check_outputs(shown, drawings=1)
    expect(shown.page.locator(".wb-tail .wb-figures")).to_contain_text("closed")
    assert shown.page.locator(".wb-failure:visible").count() == 0
    content = shown.save()
    assert len(json.dumps(content)) < 1_000_000

    desk.leave()
    mailed = desk.show(untrusted(desk, content))
    assert not mailed.page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets[1].model.trusted")
    check_pictures(mailed.page)
    for theme in THEMES:
        mailed.theme(theme)
        picture(mailed.page, f"untrusted-{theme.split()[1]}")

    check_pictures(desk.show("quickstart.ipynb").page)
    picture(desk.page, "dead-kernel")
