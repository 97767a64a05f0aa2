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


def test_the_picture_of_the_readme_shows_a_table_and_a_graph(notebook: Callable[..., Notebook], tmp_path: Path) -> None:
    shown = notebook(*CELLS)
    # It fails where the picture would be empty.
    take(shown.page, tmp_path / "quickstart.png")
    shown.kernel("snap.close()\nawait cluster.aclose()")


def test_no_output_is_typeset_as_a_formula(notebook: Callable[..., Notebook]) -> None:
    page = notebook(*FORMULAS).page
    # The positive control: the same text in HTML of somebody else becomes a formula.
    page.wait_for_selector("#control mjx-container, [data-jupyter-id=control] mjx-container", state="attached")
    expect(page.locator(".jp-RenderedHTMLCommon table")).to_have_count(3)
    page.wait_for_timeout(500)
    assert page.locator("mjx-container").count() == 1
