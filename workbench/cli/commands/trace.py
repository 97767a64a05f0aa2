"""``workbench trace``: prints the causal tree of a correlation or an event."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_json, print_text
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


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
    if as_json and mermaid:
        raise ConfigurationError("--json and --mermaid exclude each other.")
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.trace(correlation_id=correlation, event_id=event, trace_id=trace_id)
        if as_json:
            for kind, frame in (("event", found.frame), ("edge", found.edges), ("unresolved", found.unresolved)):
                for row in plain_rows(frame):
                    print_json(_with_kind(kind, row))
        else:
            print_text(found.mermaid() if mermaid else repr(found))


def _with_kind(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Say what a line is; an edge has a kind of its own, which is called ``edge_kind``."""
    return {"kind": kind, **{f"{kind}_kind" if name == "kind" else name: value for name, value in row.items()}}
