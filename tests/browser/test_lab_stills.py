"""Pictures of views stay: in an untrusted notebook, after the end of the kernel, and in exported HTML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lab import Notebook
from playwright.sync_api import expect
from readme_picture import take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CELLS = (
    "import workbench as wb\ncluster = await wb.demo(rate=20, history_s=60)",
    'tail = cluster.tail("onex.dev.*", start="-20", height=200)\ntail',
    """
snap = await cluster.capture("onex.dev.*", start="start", into="stills.duckdb", progress=False)
flow = snap.sql("select correlation_id from events where event_type = 'workflow.completed' limit 1")
trace = snap.trace(correlation_id=flow["correlation_id"].iloc[0])
trace.show()""",
    'watch = cluster.watch_lag("onex.dev.*", interval_s=0.5)\nwatch',
    "panel = cluster.panel(await cluster.plan(snap.replay(trace)))\npanel",
)
FORMULAS = (
    "import workbench as wb\nmem = await wb.connect('memory://formulas', write=True, reason='test')",
    "from IPython.display import HTML\nHTML('<p id=control>$x^2$</p>')",
    """
from workbench.text import StaticView, fragment, table
StaticView(fragment(table(["$x^2$"], [["\\\\(y^2\\\\) $$z^2$$"]])), "")""",
    """
import pandas
frame = pandas.DataFrame({"$k$": ["$x^2$"]})
frame""",
    """
ours = frame.copy()
ours.attrs["provenance"] = []
ours""",
)
STILLS = ".workbench-still"


def saved(page: Page, folder: Path, name: str) -> dict[str, Any]:
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    return json.loads((folder / name).read_text())  # type: ignore[no-any-return]


def pictures(page: Page) -> None:
    """Each view left something that can be read: rows of tables, and the drawn graph."""
    expect(page.locator(STILLS)).to_have_count(4)
    for number in range(4):
        still = page.locator(STILLS).nth(number)
        still.scroll_into_view_if_needed()
        expect(still).to_be_visible()
    image = page.locator(f"{STILLS} img").first
    image.scroll_into_view_if_needed()
    assert image.evaluate("(image) => image.complete && image.naturalWidth") > 200
    assert page.locator(f"{STILLS} td").count() > 60
    expect(page.get_by_text("model not found")).to_have_count(0)


def test_pictures_stay_without_the_kernel_and_without_trust(
    kernels: Lab,
    lab_page: Callable[..., Page],
    notebook: Callable[..., Notebook],
    picture: Callable[[Page, str], None],
    tmp_path: Path,
) -> None:
    shown = notebook(*CELLS)
    page = shown.page
    # The picture of README is taken by the same function, and fails where it would be empty.
    take(page, tmp_path / "quickstart.png")
    page.set_viewport_size({"width": 1400, "height": 1000})
    shown.until("panel.state", "planned", seconds=60)
    # While the views live, their pictures are hidden.
    expect(page.locator(".workbench")).to_have_count(5)
    page.wait_for_timeout(2_500)
    assert page.locator(STILLS).evaluate_all("(all) => all.map((one) => one.checkVisibility())") == [False] * 4
    page.wait_for_function("() => document.querySelector('.js-plotly-plot')?.data.length === 16", timeout=60_000)
    axes = page.evaluate(
        "() => Object.entries(document.querySelector('.js-plotly-plot')._fullLayout)"
        ".filter(([name]) => /^xaxis/.test(name)).map(([, axis]) => String(axis.range[0]).slice(0, 4))",
    )
    assert len(axes) == 8
    assert "2000" not in axes
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        shown.theme(theme)
        shown.bring(page.locator(".wb-chart").first)
        picture(page, f"lag-{theme.split()[1]}")
    content = saved(page, kernels.root, shown.name)
    assert len(json.dumps(content)) < 1_000_000
    page.close()
    kernels.end_kernels()
    trusted = lab_page()
    kernels.open(trusted, shown.name)
    pictures(trusted)
    picture(trusted, "dead-kernel")
    trusted.close()
    content["metadata"]["note"] = "another file"
    (kernels.root / "mailed.ipynb").write_text(json.dumps(content))
    mailed = lab_page()
    kernels.open(mailed, "mailed.ipynb")
    assert not mailed.evaluate("() => jupyterapp.shell.currentWidget.content.widgets[1].model.trusted")
    pictures(mailed)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        Notebook(mailed, "mailed.ipynb").theme(theme)
        picture(mailed, f"untrusted-{theme.split()[1]}")


def test_no_output_is_typeset_as_a_formula(notebook: Callable[..., Notebook]) -> None:
    page = notebook(*FORMULAS).page
    # The positive control: the same text in HTML of somebody else becomes a formula.
    page.wait_for_selector("#control mjx-container, [data-jupyter-id=control] mjx-container", state="attached")
    expect(page.locator(".jp-RenderedHTMLCommon table")).to_have_count(3)
    page.wait_for_timeout(500)
    assert page.locator("mjx-container").count() == 1
