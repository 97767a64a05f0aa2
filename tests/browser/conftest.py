"""Chromium, a page with a stub model, and a private JupyterLab; a guard watches every page."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from lab import Lab, Notebook, running
from playwright.sync_api import Page, expect, sync_playwright
from stage import PAGE, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Route, ViewportSize

# What JupyterLab's widgets say of a view whose kernel is gone, or which was replaced or closed while it was drawn.
REPLACED = ("widget model not found", "Failed to initialize model")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
expect.set_options(timeout=20_000)
PICTURES = Path(__file__).parents[2] / "screenshots"
LAB_MS = 60_000
VIEWPORT: ViewportSize = {"width": 1400, "height": 1000}
HARMLESS_CONSOLE = ("favicon.ico", "Could not restore the debugger state")


END_VIEWS = """
import sys
if 'ipywidgets' in sys.modules:
    sys.modules['ipywidgets'].Widget.close_all()
"""


@dataclass
class Watch:
    """What a page did that no page of ours may do."""

    outside: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    expected_dialogs: int = 0
    expected_errors: tuple[str, ...] = ()
    """What a positive control causes on purpose."""

    def asked(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname in (None, "127.0.0.1"):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def console(self, message: Any) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error" and not any(name in f"{where} {message.text}" for name in HARMLESS_CONSOLE):
            self.errors.append(f"{message.text} ({where})")

    def dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":
            # JupyterLab's own question when a page is left whose notebook changed after the last save.
            dialog.accept()
            return
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def check(self) -> None:
        assert self.outside == []
        assert [url for url in self.sockets if urlsplit(url).hostname != "127.0.0.1"] == []
        assert [e for e in self.errors if not any(text in e for text in self.expected_errors)] == []
        assert len(self.dialogs) == self.expected_dialogs, self.dialogs


def guard(context: BrowserContext, watch: Callable[[], Watch]) -> None:
    """Tell the watch of the present test what the pages of a context do."""

    def opened(page: Page) -> None:
        page.on("websocket", lambda socket: watch().sockets.append(socket.url))
        page.on("pageerror", lambda error: watch().errors.append(str(error)))
        page.on("console", lambda message: watch().console(message))
        page.on("dialog", lambda dialog: watch().dialog(dialog))

    context.route("**/*", lambda route: watch().asked(route))
    context.on("page", opened)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test comes first: at the end one process would wait for it alone."""
    items.sort(key=lambda item: item.path.name != "test_lab_quickstart.py")


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    watching.check()


@pytest.fixture
def open_page(chromium: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Factory of pages; options are those of a browser context."""
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        guard(context, lambda: watch)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@contextmanager
def serving(pages: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Serve texts from loopback; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = pages.get(urlsplit(self.path).path, ("text/plain", ""))
            body = text.encode()
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def stage(open_page: Callable[..., Page]) -> Iterator[Callable[..., Stage]]:
    """Factory: the widget's module and style sheet as shipped, on a page whose model the test plays."""
    pages: dict[str, tuple[str, str]] = {"/": ("text/html", PAGE)}
    with serving(pages) as url:

        def staged(widget: Any, state: dict[str, Any], **options: Any) -> Stage:
            pages["/widget.js"] = ("text/javascript", widget._esm)
            pages["/widget.css"] = ("text/css", widget._css)
            page = open_page(**options)
            page.goto(url)
            made = Stage(page)
            made.start(state)
            return made

        yield staged


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot for people to look at."""

    def taken(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{request.path.stem.removeprefix('test_')}-{name}.png")

    return taken


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Lab]:
    """One private JupyterLab for all journeys; asks for the browser first, so that without one it is not started."""
    assert chromium.is_connected()
    tests = Path(__file__).parents[1] / "support"
    with running(tmp_path_factory.mktemp("lab"), [tests]) as server:
        yield server


@pytest.fixture
def kernels(lab: Lab) -> Iterator[Lab]:
    """The server; the kernels that a test starts end with it."""
    before = lab.kernels()
    yield lab
    lab.end_kernels(but=before)


@pytest.fixture
def lab_page(kernels: Lab, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Factory of pages that are large and patient enough for JupyterLab."""
    assert kernels.url

    def opened() -> Page:
        page = open_page(viewport=VIEWPORT)
        page.set_default_timeout(LAB_MS)
        return page

    return opened


@dataclass
class Desk:
    """One page of JupyterLab with one kernel, for many tests: each shows notebooks of its own there."""

    lab: Lab
    page: Page
    watch: Watch
    kernel: str = ""

    def show(self, name: str) -> Notebook:
        """Show a notebook in place of the former one."""
        if not self.page.url.startswith(self.lab.url):
            return self.open(name)
        shown = self.lab.show(self.page, name, kernel=self.kernel)
        self.kernel = shown.kernel_id
        return shown

    def open(self, name: str) -> Notebook:
        """Load the page anew, on a notebook that was saved; its kernel runs on."""
        shown = self.lab.open(self.page, name)
        self.kernel = shown.kernel_id
        return shown

    def leave(self) -> None:
        """Leave JupyterLab, and end its kernels."""
        self.page.goto("about:blank")
        self.lab.end_kernels()
        self.kernel = ""


@pytest.fixture(scope="session")
def desk_page(lab: Lab, chromium: Browser) -> Iterator[Desk]:
    """The page, which is loaded once: that costs as much as a test."""
    context = chromium.new_context(viewport=VIEWPORT)
    context.set_default_timeout(LAB_MS)
    # The end of each test closes views, which may be in drawing.
    between = Watch(expected_errors=REPLACED)
    desk: Desk
    guard(context, lambda: desk.watch)
    desk = Desk(lab, context.new_page(), between)
    yield desk
    context.close()
    between.check()


@pytest.fixture
def desk(desk_page: Desk, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The shared page, as large and light as at first, and watched for this test."""
    between, desk_page.watch = desk_page.watch, watch
    failed = request.session.testsfailed
    desk_page.page.set_viewport_size(VIEWPORT)
    yield desk_page
    if request.session.testsfailed > failed or not desk_page.kernel:
        desk_page.leave()
    else:
        left = Notebook(desk_page.page, "", desk_page.lab)
        left.kernel(END_VIEWS)
        left.theme("JupyterLab Light")
    desk_page.watch = between


@pytest.fixture
def replaced_views(desk: Desk, watch: Watch) -> Iterator[None]:
    """For a test that replaces views or ends kernels: JupyterLab may say so, and late, so the page is left after it."""
    watch.expected_errors = REPLACED
    yield
    desk.leave()


@pytest.fixture
def notebook(desk: Desk) -> Callable[..., Notebook]:
    """Factory: a notebook of these cells, run, on the shared page."""

    def opened(*cells: str) -> Notebook:
        shown = desk.show(desk.lab.write(*cells))
        shown.run_all()
        return shown

    return opened
