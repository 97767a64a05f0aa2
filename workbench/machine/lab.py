"""Starts JupyterLab for ``workbench lab``: on 127.0.0.1, on trusted copies of the notebooks, without news."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTEBOOKS = Path("notebooks")
QUICKSTART = "00_quickstart.ipynb"
COPIES = "workbench-notebooks"
"""Folder in the home of the user, unless ``WORKBENCH_NOTEBOOKS`` names another."""
FIRST_PORT, PORTS = 8888, 50
QUIET_OPTIONS = (
    "--ServerApp.ip=127.0.0.1",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


def lab_command(notebook: Path | None = None, *, port: int | None = None, browser: bool = True) -> list[str]:
    """Return the command that opens a notebook in JupyterLab.

    Raises:
        ConfigurationError: The notebook named does not exist.
    """
    if notebook is not None and not notebook.is_file():
        raise ConfigurationError(f"There is no notebook {notebook}. Name an existing one, or leave it out.")
    command = [sys.executable, "-m", "jupyterlab", *QUIET_OPTIONS]
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return (
        command if notebook is None else [*command, f"--ServerApp.root_dir={notebook.parent.resolve()}", str(notebook)]
    )


def lab_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the Jupyter settings of this package added; settings of the user override them."""
    ours = str(resources.files("workbench.machine").joinpath("lab_settings"))
    paths = [ours, *filter(None, [environ.get("JUPYTER_CONFIG_PATH")])]
    return {**environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def working_copies(source: Path = NOTEBOOKS, *, environ: Mapping[str, str] | None = None) -> Path | None:
    """Copy the notebooks to a folder of the user and trust them, so that running them changes no checkout.

    A copy that exists is kept: it holds the work of its user.

    Returns:
        The copied quickstart; None where ``source`` has none.
    """
    if not (source / QUICKSTART).is_file():
        return None
    told = (os.environ if environ is None else environ).get("WORKBENCH_NOTEBOOKS")
    folder = Path(told).expanduser() if told else Path.home() / COPIES
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(source.glob("*.ipynb")):
        target = folder / notebook.name
        if not target.exists():
            shutil.copyfile(notebook, target)
            _trust(target)
    return folder / QUICKSTART


def _trust(notebook: Path) -> None:
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()  # type: ignore[no-untyped-call]
    try:
        notary.sign(nbformat.read(notebook, as_version=4))  # type: ignore[no-untyped-call]
    finally:
        notary.store.close()


def free_port() -> int:
    """Return the first free port of loopback from 8888.

    Raises:
        ConfigurationError: None of fifty ports is free.
    """
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ConfigurationError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free. Name one with --port.")


def run_lab(
    notebook: Path | None = None,
    *,
    say: Callable[[str], None],
    port: int | None = None,
    browser: bool = True,
) -> None:
    """Say what is opened, and replace this process by JupyterLab, which then receives signals such as Ctrl-C."""
    environment = lab_environment(os.environ)
    chosen = notebook if notebook is not None else working_copies()
    port = free_port() if port is None else port
    command = lab_command(chosen, port=port, browser=browser)
    # JupyterLab would make a token of its own, and print it only between many other lines.
    token = environment.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))
    if chosen is not None and notebook is None:
        say(f"Notebooks   {chosen.parent}   (your copies; delete one to get it fresh)")
    where = f"tree/{chosen.name}" if chosen is not None else ""
    say(f"Open        http://127.0.0.1:{port}/lab/{where}?token={token}")
    say("Starting JupyterLab, which takes a few seconds; Ctrl-C twice ends it.")
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - our own interpreter, no shell
