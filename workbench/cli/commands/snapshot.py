"""Defines the commands on a snapshot file: ``sql``, ``trace``, ``pack``, ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_json, print_rows
from workbench.errors import ConfigurationError
from workbench.text import counted, size_text

MOST_ROWS = 1_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (sql, trace, pack, export):
        app.command()(command)


def sql(
    snapshot: SnapshotFile,
    query: Annotated[str, typer.Argument(help="One SELECT over events and records.")],
    as_json: Json = False,
) -> None:
    """Run an SQL query on a snapshot. The table shows at most 1,000 rows; --json prints all."""
    from workbench.session import open_snapshot

    with open_snapshot(snapshot) as snap:
        table = snap.sql_arrow(query)
    rows: list[dict[str, Any]] = (table if as_json else table.slice(0, MOST_ROWS)).to_pylist()
    print_rows(rows, table.column_names, as_json=as_json, empty="No row.")
    if not as_json and table.num_rows > MOST_ROWS:
        typer.echo(f"{counted(table.num_rows - MOST_ROWS, 'more row')}; --json prints all.", err=True)


def trace(
    snapshot: SnapshotFile,
    correlation: Annotated[str | None, typer.Option("--correlation", "-c", help="Correlation id.")] = None,
    event: Annotated[
        str | None, typer.Option("--event", "-e", help="Event id; shows its ancestors and descendants.")
    ] = None,
    trace_id: Annotated[
        str | None, typer.Option("--trace-id", "-t", help="Trace id of OpenTelemetry in the headers (traceparent).")
    ] = None,
    as_json: Json = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid flow chart.")] = False,
) -> None:
    """Print the causal tree of a correlation id, of a trace id or of an event."""
    if sum(given is not None for given in (correlation, event, trace_id)) != 1:
        raise ConfigurationError("Give exactly one of --correlation, --event and --trace-id.")
    from workbench.session import open_snapshot
    from workbench.session.frames import plain_rows

    with open_snapshot(snapshot) as snap:
        found = snap.trace(correlation_id=correlation, event_id=event, trace_id=trace_id)
        if as_json:
            for kind, frame in (("event", found.frame), ("edge", found.edges), ("unresolved", found.unresolved)):
                for row in plain_rows(frame):
                    print_json({"kind": kind, **row})
        else:
            typer.echo(found.mermaid() if mermaid else repr(found))


def pack(snapshot: SnapshotFile) -> None:
    """Move the Parquet segments of a snapshot into its DuckDB file, so that there is one file to send."""
    from workbench.session import open_snapshot

    with open_snapshot(snapshot, write=True) as snap:
        snap.pack()
    typer.echo(f"{snapshot} is one file of {size_text(snapshot.stat().st_size)}.", err=True)


def export(
    snapshot: SnapshotFile,
    target: Annotated[Path, typer.Argument(help="File to write; its suffix .parquet or .jsonl sets the format.")],
    where: Annotated[
        str | None, typer.Option("--where", help="SQL condition over events, key, value, headers.")
    ] = None,
) -> None:
    """Export records without loss, as Parquet or JSON lines."""
    from workbench.session import open_snapshot

    with open_snapshot(snapshot) as snap:
        count = snap.export(target, where=where)
    typer.echo(f"{counted(count, 'record')} written to {target}.", err=True)
