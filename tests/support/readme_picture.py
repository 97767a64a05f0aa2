"""Takes the picture of README: the live tail and the causal graph in a real JupyterLab.

Run it to take the picture anew: ``python tests/support/readme_picture.py``.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab import Notebook, running

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[2] / "notebooks" / "pictures" / "quickstart.png"
WIDTH, HEIGHT = 1280, 1000
CELLS = (
    "import workbench as wb\n\ncluster = await wb.demo()",
    'cluster.tail("onex.dev.*", start="-40", height=220)',
    """snap = await cluster.capture("onex.dev.*", start="start", into="incident.duckdb", progress=False)
flow = snap.sql("select correlation_id from events where event_type = 'workflow.completed' limit 1")
snap.trace(correlation_id=flow["correlation_id"].iloc[0]).show()""",
)
DRAWN = """() => document.querySelectorAll('.wb-graph [role=button]').length > 5
  && document.querySelectorAll('.wb-tail [role=row]').length > 8"""
IN_SIGHT = """(selector) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  const shown = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
  return { x: box.left, y: Math.max(box.top, 0), width: box.width, height: shown };
}"""
INK = """async ([source, { x, y, width, height }]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(x, y, width, height);
  const colours = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  return 1 - Math.max(...colours.values()) / (data.length / 4);
}"""


def take(page: Page, path: Path) -> None:
    """Save a picture of the notebook on a page, and check that it shows rows and a graph."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    page.wait_for_function(DRAWN, timeout=90_000)
    shown = Notebook(page, "")
    shown.bring(page.locator(".wb-graph .wb-stage").first)
    page.locator(".wb-tail").first.evaluate("(tail) => tail.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(500)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    source = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    for selector, least in ((".wb-tail [role=grid]", 0.05), (".wb-graph .wb-stage", 0.01)):
        box = page.evaluate(IN_SIGHT, selector)
        assert box["height"] > 150, f"{selector} is not in the picture: {box}"
        ink = page.evaluate(INK, [source, box])
        assert ink > least, f"{selector} is empty in the picture: only {ink:.1%} of it is drawn"


def main() -> None:
    """Start a private JupyterLab, run the cells, and take the picture."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    browser_path = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)))
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), [Path(__file__).parent]) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        shown = lab.open(page, lab.write(*CELLS))
        shown.run_all()
        take(page, PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
