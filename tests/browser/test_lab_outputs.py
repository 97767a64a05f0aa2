"""The picture of README is no empty page, and no output becomes a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from readme_picture import CELLS, take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

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


NAMES = [
    "end", "", " ", "a;b", 'x "y"', "[b] (r) {c}", "line\nbreak", "Größe 日本 💥", "%% c", "%%{init: {}}%%", "a-->b",
    "a->>b: c", "#35; &amp; <b>", "- list", "`code`", "__init__", "subgraph", "loop", "::: k", "@{shape: x}", ":",
    "x" * 200,
]  # fmt: skip
CHARTS = f"""
from decoded_events import event_table
from workbench.tracing.graph import build_graph
from workbench.tracing.trace import Trace
names = {NAMES!r}

def trace(count):
    ids = [f"{{n}}{{name}}" for n, name in enumerate(names)]
    return Trace(build_graph(event_table(
        {{"event_id": ids[n], "t": n, "event_type": names[n], "source": names[n * 5 % len(names)],
          "correlation_id": "k", "causes": [ids[n // 3]] if n else ['gone"]; end']}} for n in range(count))))

whole, part = trace(len(names)), trace(len(names) - 5)
charts = [whole.mermaid(), whole.sequence().mermaid(), whole.type_map("source").mermaid(), part.diff(whole).mermaid()]
for chart in [*charts, trace(0).mermaid(), trace(0).sequence().mermaid(), "flowchart LR\\n  broken["]:
    display({{"text/vnd.mermaid": chart, "text/plain": ""}}, raw=True)"""


def test_the_picture_of_the_readme_shows_a_table_and_a_graph(notebook: Callable[..., Notebook], tmp_path: Path) -> None:
    shown = notebook(*CELLS)
    # It fails where the picture would be empty.
    take(shown.page, tmp_path / "quickstart.png")
    shown.kernel("snap.close()\nawait cluster.aclose()")


def test_no_output_is_typeset_as_a_formula_and_mermaid_draws_hostile_names(notebook: Callable[..., Notebook]) -> None:
    page = notebook(*FORMULAS, CHARTS).page
    # The positive control: the same text in HTML of somebody else becomes a formula.
    page.wait_for_selector("#control mjx-container, [data-jupyter-id=control] mjx-container", state="attached")
    expect(page.locator(".jp-RenderedHTMLCommon table")).to_have_count(3)
    page.wait_for_timeout(500)
    assert page.locator("mjx-container").count() == 1
    # The last chart is the control: what Mermaid cannot read is shown as a warning.
    expect(page.locator(".jp-RenderedMermaid.jp-mod-warning")).to_have_count(1)
    expect(page.locator(".jp-RenderedMermaid img")).to_have_count(6)
