"""Defines the options that several commands share; their names are those of ``kcat`` and ``rpk``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """Refuse NaN, which no comparison with a bound refuses, and infinities."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("It is not a finite number. Write digits, such as 20 or 0.5.")
    return value


Broker = Annotated[
    str | None,
    typer.Option("--broker", "-b", help="Address (kafka://host:9092) or profile; by default WORKBENCH_ADDRESS."),
]
Json = Annotated[bool, typer.Option("--json", "-J", help="Print one JSON object per line.")]
Topics = Annotated[list[str], typer.Argument(help="Names, shell patterns, or ~regular expressions.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header row.")]
SomeTopics = Annotated[
    list[str] | None, typer.Argument(help="Names, shell patterns, or ~regular expressions; default: all.")
]
End = Annotated[str | None, typer.Option("--end", help="Where to stop, exclusive; written like --offset.")]
Uncommitted = Annotated[bool, typer.Option("--uncommitted", help="Also read records of open and aborted transactions.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why; may be left out for a development cluster, such as a local one.")
]
Registry = Annotated[
    str | None,
    typer.Option("--schema-registry", "-r", help="URL of the schema registry that values of the topics name."),
]
SnapshotFile = Annotated[Path, typer.Argument(help="Snapshot file, such as incident.duckdb.")]
