"""``workbench dashboard``: serves a notebook as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dashboard)


def dashboard(
    notebook: Annotated[Path, typer.Argument(help="Notebook to serve.")],
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port; by default the first free from 8888.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Serve a notebook as a page on 127.0.0.1 by Voila, which loads nothing from elsewhere."""
    from workbench.machine.dashboard import run_dashboard

    run_dashboard(notebook, say=typer.echo, port=port, browser=browser)
