"""``workbench mask``: copies a snapshot with what the settings hide masked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import SnapshotFile
from workbench.cli.output import say
from workbench.text import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mask)


def mask(snapshot: SnapshotFile, copy: Annotated[Path, typer.Argument(help="The file to make.")]) -> None:
    """Copy the records of a snapshot that was captured without masking rules, masked by those of now."""
    from workbench.session.masked_copies import masked_copy

    say(f"{copy} has {counted(masked_copy(snapshot, copy), 'record')}, masked as workbench.toml says.")
