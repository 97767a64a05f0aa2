"""Starts Voila for ``workbench dashboard``: a notebook as a page on 127.0.0.1 that asks no other server."""

from __future__ import annotations

import os
import sys
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError, MissingExtraError
from workbench.machine.lab import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

OPTIONS = (
    "--Voila.ip=127.0.0.1",
    "--template=workbench",
    # Where Notebook 7 is installed too: its part of JupyterLab cannot be loaded outside of it, and the page says so.
    "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
)


def dashboard_command(notebook: Path, *, port: int, browser: bool = True) -> list[str]:
    """Return the command that serves a notebook.

    Raises:
        ConfigurationError: There is no such notebook.
        MissingExtraError: Voila is not installed.
    """
    if not notebook.is_file():
        raise ConfigurationError(f"There is no notebook {notebook}. Name an existing one.")
    if find_spec("voila") is None:
        raise MissingExtraError("A dashboard", package="voila", extra="dashboard")
    command = [sys.executable, "-m", "voila", str(notebook), f"--port={port}", *OPTIONS]
    return command if browser else [*command, "--no-browser"]


def dashboard_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which Voila finds the template of this package."""
    ours = str(resources.files("workbench.machine").joinpath("dashboard_settings"))
    return {**environ, "JUPYTER_PATH": os.pathsep.join([ours, *filter(None, [environ.get("JUPYTER_PATH")])])}


def run_dashboard(notebook: Path, *, say: Callable[[str], None], port: int | None = None, browser: bool = True) -> None:
    """Say where the page is, and replace this process by Voila, which then receives signals such as Ctrl-C."""
    port = free_port() if port is None else port
    command = dashboard_command(notebook, port=port, browser=browser)
    say(f"Open        http://127.0.0.1:{port}/   (each page that is opened runs the notebook in a kernel of its own)")
    say("Starting Voila, which takes a few seconds; Ctrl-C ends it.")
    sys.stdout.flush()
    os.execve(command[0], command, dashboard_environment(os.environ))  # noqa: S606 - our own interpreter, no shell
