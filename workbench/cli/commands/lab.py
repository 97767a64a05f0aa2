"""``workbench lab``: opens the quickstart notebook in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(lab)


def lab(
    notebook: Annotated[Path | None, typer.Argument(help="Notebook to open; by default the quickstart.")] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port; by default the first free from 8888.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open JupyterLab on 127.0.0.1, without requests for news and updates."""
    from workbench.machine.lab import run_lab

    run_lab(notebook, say=typer.echo, port=port, browser=browser)
