"""Options that several commands share, spelled as ``kcat`` and ``rpk`` spell them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Broker = Annotated[
    str | None,
    typer.Option("--broker", "-b", help="Address (kafka://host:9092) or profile; else WORKBENCH_ADDRESS."),
]
Json = Annotated[bool, typer.Option("--json", "-J", help="Print one JSON object per line.")]
Topics = Annotated[list[str], typer.Argument(help="Names, shell patterns, or ~regular expressions.")]
SomeTopics = Annotated[list[str] | None, typer.Argument(help="Names, shell patterns, or ~regular expressions; all.")]
Offset = Annotated[
    str,
    typer.Option("--offset", "-o", help="Where to start: start, end, 1200, -100, +100, @-15m, @TIME, group:NAME."),
]
End = Annotated[str | None, typer.Option("--end", help="Where to stop, exclusive, in the same words.")]
Uncommitted = Annotated[bool, typer.Option("--uncommitted", help="Read open and aborted transactions, too.")]
SnapshotFile = Annotated[Path, typer.Argument(help="Snapshot file, such as incident.duckdb.")]
