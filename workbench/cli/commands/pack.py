"""``workbench pack``: puts a snapshot into one file."""

from __future__ import annotations

import typer

from workbench.cli.interrupts import interrupt_calls
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import SnapshotFile
from workbench.cli.output import say
from workbench.text import size_text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(pack)


def pack(snapshot: SnapshotFile) -> None:
    """Move the Parquet segments of a snapshot into its DuckDB file, so that there is one file to send."""
    leave_pandas_out()
    from workbench.session.procedures.packing import pack_file

    say(f"{snapshot} is one file of {size_text(pack_file(snapshot, interruptible=interrupt_calls))}.")
