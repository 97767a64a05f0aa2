"""Defines the options that several commands share; their names are those of ``kcat`` and ``rpk``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Broker = Annotated[
    str | None,
    typer.Option("--broker", "-b", help="Address (kafka://host:9092) or profile; by default WORKBENCH_ADDRESS."),
]
Json = Annotated[bool, typer.Option("--json", "-J", help="Print one JSON object per line.")]
Topics = Annotated[list[str], typer.Argument(help="Names, shell patterns, or ~regular expressions.")]
SomeTopics = Annotated[
    list[str] | None, typer.Argument(help="Names, shell patterns, or ~regular expressions; default: all.")
]
Offset = Annotated[
    str,
    typer.Option("--offset", "-o", help="Where to start: start, end, 1200, -100, +100, @-15m, @TIME, group:NAME."),
]
End = Annotated[str | None, typer.Option("--end", help="Where to stop, exclusive; written like --offset.")]
Uncommitted = Annotated[bool, typer.Option("--uncommitted", help="Also read records of open and aborted transactions.")]
SnapshotFile = Annotated[Path, typer.Argument(help="Snapshot file, such as incident.duckdb.")]
