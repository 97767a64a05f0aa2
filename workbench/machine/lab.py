"""Starts JupyterLab for ``workbench lab``: on 127.0.0.1, without requests for news or updates."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

QUICKSTART = Path("notebooks") / "00_quickstart.ipynb"
QUIET_OPTIONS = (
    "--ServerApp.ip=127.0.0.1",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


def lab_command(notebook: Path | None = None, *, port: int | None = None, browser: bool = True) -> list[str]:
    """Return the command that opens a notebook in JupyterLab, by default the quickstart if its file exists.

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
    chosen = QUICKSTART if notebook is None and QUICKSTART.is_file() else notebook
    return command if chosen is None else [*command, str(chosen)]


def lab_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the Jupyter settings of this package added; settings of the user override them."""
    ours = str(resources.files("workbench.machine").joinpath("lab_settings"))
    paths = [ours, *filter(None, [environ.get("JUPYTER_CONFIG_PATH")])]
    return {**environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def run_lab(notebook: Path | None = None, *, port: int | None = None, browser: bool = True) -> None:
    """Replace this process by JupyterLab, so that JupyterLab receives signals such as Ctrl-C directly."""
    command = lab_command(notebook, port=port, browser=browser)
    sys.stdout.flush()
    os.execve(command[0], command, lab_environment(os.environ))  # noqa: S606 - our own interpreter, no shell
