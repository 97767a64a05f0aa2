"""``workbench export``: writes the records of a snapshot to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import SnapshotFile
from workbench.cli.output import say
from workbench.cli.snapshots import opened
from workbench.text import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    snapshot: SnapshotFile,
    target: Annotated[Path, typer.Argument(help="File to write; its suffix .parquet or .jsonl sets the format.")],
    where: Annotated[
        str | None, typer.Option("--where", help="SQL condition over events, key, value, headers.")
    ] = None,
) -> None:
    """Export records without loss, as Parquet or JSON lines."""
    leave_pandas_out()
    with opened(snapshot) as snap:
        count = snap.export(target, where=where)
    say(f"{counted(count, 'record')} written to {target}.")
