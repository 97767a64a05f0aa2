"""A page of JupyterLab for measurements: frames, and the CPU time and memory of kernel and browser meanwhile."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from lab import Notebook, running
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, ViewportSize

FRAMES = """(seconds) => new Promise((done) => {
  const begun = performance.now();
  let last = begun, frames = 0, worst = 0;
  const step = (now) => {
    frames += 1;
    worst = Math.max(worst, now - last);
    last = now;
    if (now - begun < seconds * 1000) requestAnimationFrame(step);
    else done({ fps: (frames * 1000) / (now - begun), worst_ms: worst });
  };
  requestAnimationFrame(step);
})"""
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-sandbox"]
VIEWPORT: ViewportSize = {"width": 1400, "height": 1000}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen while frames were counted; shares are of one core."""

    fps: float
    worst_ms: float
    frame_ms: float
    """CPU time of the page's main thread for each frame: it says more than frames where other programs run."""
    kernel_share: float
    browser_share: float
    kernel_mb: tuple[float, float]
    """Resident memory of the kernel at the begin and at the end."""
    browser_mb: tuple[float, float]


class LiveLab:
    """One notebook on one page, and the processes behind it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page
        self.kernel = psutil.Process(int(notebook.kernel("import os; print(os.getpid())")))
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def measure(self, seconds: float, act: str = "() => {}") -> Figures:
        """Count frames for a time, while the page does something."""
        before, main = self._used(), self._main_s()
        begun = time.perf_counter()
        self.page.evaluate(f"() => {{ window.acting = ({act})(); }}")
        frames = self.page.evaluate(FRAMES, seconds)
        took = time.perf_counter() - begun
        after, main = self._used(), self._main_s() - main
        kernel, browser = ((late[0] - early[0]) / took for early, late in zip(before, after, strict=True))
        kernel_mb, browser_mb = ((early[1], late[1]) for early, late in zip(before, after, strict=True))
        frame_ms = main / (frames["fps"] * took) * 1_000
        return Figures(frames["fps"], frames["worst_ms"], frame_ms, kernel, browser, kernel_mb, browser_mb)

    def _main_s(self) -> float:
        """CPU seconds of the tasks of the page's main thread."""
        found = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))

    def _used(self) -> list[tuple[float, float]]:
        """CPU seconds and MB of the kernel, and of all processes of the browser."""
        browser = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]
        return [
            (sum(sum(one.cpu_times()[:2]) for one in group), sum(one.memory_info().rss for one in group) / 1e6)
            for group in ([self.kernel], browser)
        ]


@contextmanager
def live_lab(root: Path, browser_path: str, *cells: str) -> Iterator[LiveLab]:
    """Run the cells of a notebook in a private JupyterLab, in a browser of its own."""
    with (
        running(root, [Path(__file__).parent]) as lab,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser_path, args=FLAGS) as browser,
    ):
        page = browser.new_page(viewport=VIEWPORT)
        page.set_default_timeout(60_000)
        notebook = lab.open(page, lab.write(*cells))
        notebook.run_all()
        yield LiveLab(notebook)
        lab.end_kernels()
