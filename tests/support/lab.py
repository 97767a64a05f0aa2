"""A private, quiet JupyterLab, and notebooks driven through its own page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import nbformat
import psutil

from workbench.bus.kafka.local.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from playwright.sync_api import Locator, Page

STACKS_FILE = "stacks.txt"
LAB_OPTIONS = [
    "--no-browser",
    "--ServerApp.ip=127.0.0.1",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
PRIVATE = [
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
]
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
KERNEL_READY = """(name) => {
  const w = window.jupyterapp?.shell.currentWidget, k = w?.sessionContext?.session?.kernel;
  return w?.context?.path === name && k?.connectionStatus === 'connected' && k.status === 'idle'
    && w.content?.widgets.length > 0 }"""
SHOW = """async ([path, id]) => {
  const former = [...jupyterapp.shell.widgets('main')];
  await jupyterapp.commands.execute('docmanager:open', { path, ...(id ? { kernel: { id } } : {}) });
  // Disposed, not closed: closing asks whether to save.
  for (const widget of former) widget.dispose();
}"""
KERNEL_ID = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
EXECUTE = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false });
  let out = '';
  future.onIOPub = (message) => {
    if (message.header.msg_type === 'stream') out += message.content.text;
    if (message.header.msg_type === 'error') out += `${message.content.ename}: ${message.content.evalue}`;
  };
  await future.done;
  return out;
}"""
RUN = """(numbers) => {
  window.runEnded = '';
  const { commands, shell } = jupyterapp;
  const run = async () => {
    if (!numbers) await commands.execute('notebook:run-all-cells');
    for (const number of numbers ?? []) {
      const { content } = shell.currentWidget;
      content.deselectAll();
      content.activeCellIndex = number;
      await commands.execute('notebook:run-cell');
    }
  };
  run().then(() => { window.runEnded = 'ended'; }, (error) => { window.runEnded = String(error); });
}"""
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === 'code').flatMap((cell) => cell.model.outputs.toJSON())"""
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === 'code')
  .map(({ model }) => ({
    source: model.sharedModel.getSource().trim().split('\\n')[0].slice(0, 60),
    state: model.executionState,
    count: model.executionCount,
    outputs: model.outputs.toJSON().map((one) => one.ename ? `${one.ename}: ${one.evalue}` : one.output_type),
  }))"""
STACKS = """
import asyncio, faulthandler, signal

def _write(_number, _frame, out=open({path!r}, "a")):
    for task in asyncio.all_tasks(asyncio.get_event_loop()):
        task.print_stack(file=out)
    out.flush()

signal.signal(signal.SIGUSR1, _write)
faulthandler.register(signal.SIGUSR1, file=open({path!r}, "a"), chain=True)
"""
"""Start-up code of the kernels: at SIGUSR1 they write what their tasks and threads wait for."""
IN_VIEW = """(part) => {
  const box = part.getBoundingClientRect();
  const x = (box.left + Math.min(box.right, innerWidth)) / 2;
  const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
  return part.contains(document.elementFromPoint(x, y));
}"""
STAYS = 5
START_S = 90.0
KERNEL_MS = 90_000
RUN_S = 120.0
STACKS_S = 2.0


class Lab:
    """A running server."""

    def __init__(self, url: str, token: str, root: Path, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.token = token
        self.root = root
        self.process = process

    def write(self, *cells: str) -> str:
        """Make a notebook; returns its name."""
        notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
        name = f"nb-{uuid.uuid4().hex[:8]}.ipynb"
        nbformat.write(notebook, self.root / name)  # type: ignore[no-untyped-call]
        return name

    def stacks(self) -> str:
        """What the tasks and threads of the kernels wait for."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if any("ipykernel" in part for part in child.cmdline()):
                child.send_signal(signal.SIGUSR1)
        time.sleep(STACKS_S)
        return (self.root.parent / STACKS_FILE).read_text()[-20_000:]

    def kernels(self) -> set[str]:
        """Ids of the kernels that run."""
        return {kernel["id"] for kernel in json.load(self._ask("GET", "/api/kernels"))}

    def end_kernels(self, *, but: Collection[str] = ()) -> None:
        """Leave no kernel of a test running beside the next."""
        for kernel in self.kernels() - set(but):
            self._ask("DELETE", f"/api/kernels/{kernel}").close()

    def _ask(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = Request(f"{self.url}{path}", method=method, headers=headers)
        return build_opener(ProxyHandler({})).open(request, timeout=30)

    def open(self, page: Page, name: str, *, workspace: str | None = None) -> Notebook:
        """Show a notebook in a workspace of its own, and wait for its kernel."""
        where = workspace or uuid.uuid4().hex
        page.goto(f"{self.url}/lab/workspaces/{where}/tree/{name}?token={self.token}&reset")
        notebook = Notebook(page, name, self)
        notebook.wait()
        return notebook

    def show(self, page: Page, name: str, *, kernel: str = "") -> Notebook:
        """Show a notebook on a page of JupyterLab in place of the former one, with a kernel that runs already."""
        page.evaluate(SHOW, [name, kernel])
        notebook = Notebook(page, name, self)
        notebook.wait()
        return notebook


class Notebook:
    """One notebook on one page."""

    def __init__(self, page: Page, name: str, lab: Lab | None = None) -> None:
        self.page = page
        self.name = name
        self.lab = lab

    def wait(self) -> None:
        self.page.wait_for_function(KERNEL_READY, arg=self.name, timeout=KERNEL_MS)

    def run_all(self, *, seconds: float = RUN_S) -> None:
        """Run all cells to the end; where they do not come to it, say which ran and what the kernel waits for."""
        self._run(None, seconds)

    def run(self, *numbers: int, seconds: float = RUN_S) -> None:
        """Run cells by their numbers, each to its end, as with Shift+Enter."""
        self._run(numbers, seconds)

    def _run(self, numbers: Sequence[int] | None, seconds: float) -> None:
        self.page.evaluate(RUN, numbers)
        limit = time.monotonic() + seconds
        while not (ended := self.page.evaluate("() => window.runEnded")):
            assert time.monotonic() < limit, f"The cells did not end within {seconds:g} s.\n{self.situation()}"
            self.page.wait_for_timeout(50)
        failed = [one for one in self.outputs() if one["output_type"] == "error"]
        assert (ended, failed) == ("ended", []), f"{ended}, {failed}\n{self.situation()}"

    @property
    def kernel_id(self) -> str:
        found: str = self.page.evaluate(KERNEL_ID)
        return found

    def save(self) -> dict[str, Any]:
        """Save the notebook; returns what the file holds."""
        self.page.evaluate(SAVE)
        assert self.lab is not None
        saved: dict[str, Any] = json.loads((self.lab.root / self.name).read_text())
        return saved

    def outputs(self) -> list[dict[str, Any]]:
        """The outputs of all cells."""
        found: list[dict[str, Any]] = self.page.evaluate(OUTPUTS)
        return found

    def situation(self) -> str:
        """How far each cell came, and what the kernels wait for."""
        cells = "\n".join(map(str, self.page.evaluate(CELLS)))
        kernel = self.page.evaluate(
            "() => { const k = jupyterapp.shell.currentWidget.sessionContext.session?.kernel;"
            " return `kernel ${k?.status}, ${k?.connectionStatus}`; }"
        )
        return "\n".join([cells, kernel, self.lab.stacks() if self.lab is not None else ""])

    def kernel(self, code: str) -> str:
        """Run code beside the cells; returns what it printed."""
        printed: str = self.page.evaluate(EXECUTE, code)
        return printed.strip()

    def until(self, expression: str, expected: str, *, seconds: float = 30.0) -> None:
        """Wait until an expression in the kernel prints what is expected."""
        limit = time.monotonic() + seconds
        while (printed := self.kernel(f"print({expression})")) != expected:
            assert time.monotonic() < limit, f"{expression} is {printed}, not {expected}"
            self.page.wait_for_timeout(50)

    def theme(self, name: str) -> None:
        self.page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        light = "false" if "Dark" in name else "true"
        body = f"body[data-jp-theme-light='{light}'][data-jp-theme-name='{name}']"
        self.page.wait_for_selector(body, state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def bring(self, part: Locator, *, seconds: float = 30.0) -> None:
        """Scroll until a part stays in view: JupyterLab lays its cells out again after it has scrolled."""
        limit = time.monotonic() + seconds
        seen = 0
        while seen < STAYS:
            assert time.monotonic() < limit, f"{part} does not stay in view"
            part.scroll_into_view_if_needed()
            self.page.wait_for_timeout(100)
            seen = seen + 1 if part.evaluate(IN_VIEW) else 0

    def output(self, number: int = -1) -> Locator:
        return self.page.locator(".jp-OutputArea-output").nth(number)


@contextmanager
def running(root: Path, paths: list[Path]) -> Iterator[Lab]:
    """Start JupyterLab with folders of its own; ``paths`` are importable in its kernels."""
    token = uuid.uuid4().hex
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    for name in PRIVATE:
        folder = root / name.lower()
        folder.mkdir()
        environment[name] = str(folder)
    quiet = root / PRIVATE[0].lower() / "labconfig"
    quiet.mkdir()
    (quiet / "default_setting_overrides.json").write_text(json.dumps(NO_NEWS))
    environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    notebooks = root / "notebooks"
    notebooks.mkdir()
    startup = Path(environment["IPYTHONDIR"]) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "stacks.py").write_text(STACKS.format(path=str(root / STACKS_FILE)))
    options = [f"--ServerApp.port={port}", f"--ServerApp.root_dir={notebooks}", f"--IdentityProvider.token={token}"]
    if os.geteuid() == 0:
        options.append("--allow-root")
    log = root / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *LAB_OPTIONS, *options],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=notebooks,
        )
    try:
        reachable(f"http://127.0.0.1:{port}/api?token={token}", process, log)
        yield Lab(f"http://127.0.0.1:{port}", token, notebooks, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def reachable(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was started answers."""
    opener = build_opener(ProxyHandler({}))
    limit = time.monotonic() + START_S
    while time.monotonic() < limit:
        assert process.poll() is None, log.read_text()
        try:
            with opener.open(url, timeout=5):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"The server did not answer within {START_S:g} s:\n{log.read_text()}")
