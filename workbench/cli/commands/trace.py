"""``workbench trace``: prints the causal tree of a correlation or an event, a picture of it, or its critical path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import AsMermaid, AsSvg, print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import print_json, print_text
from workbench.cli.pictures import By, Layout, charted, picture_options
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from workbench.tracing.trace import Trace


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
    mermaid: AsMermaid = False,
    svg: AsSvg = False,
    csv: Csv = False,
    otlp: Annotated[bool, typer.Option("--otlp", help="Print OTLP JSON, one span for each event.")] = False,
    path: Annotated[
        bool, typer.Option("--path", help="Print the critical path: what the end, or --event, waited for.")
    ] = False,
    layout: Layout = None,
    by: By = None,
) -> None:
    """Print the causal tree of a correlation id, of a trace id or of an event."""
    if sum(given is not None for given in (correlation, event, trace_id)) != 1:
        raise ConfigurationError("Give exactly one of --correlation, --event and --trace-id.")
    refuse_several(json=as_json, mermaid=mermaid, svg=svg, csv=csv, otlp=otlp)
    if path:
        refuse_several(path=path, mermaid=mermaid, svg=svg, otlp=otlp)
    options = picture_options(layout, by, svg=svg, mermaid=mermaid)
    with opened(snapshot) as snap:
        found = snap.trace(correlation_id=correlation, event_id=event, trace_id=trace_id)
        if path:
            answer = found.critical_path(event)
            if not print_form(answer, csv=csv):
                print_answer(answer, as_json=as_json)
        elif as_json:
            _print_rows(found)
        elif svg:
            print_text(found.svg(**options))
        elif otlp:
            print_text(found.otlp())
        elif not print_form(charted(found, options), csv=csv, mermaid=mermaid):
            print_text(repr(found))


def _print_rows(found: Trace) -> None:
    from workbench.session.frames import plain_rows

    for kind, frame in (("event", found.frame), ("edge", found.edges), ("unresolved", found.unresolved)):
        for row in plain_rows(frame):
            print_json(_with_kind(kind, row))


def _with_kind(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Say what a line is; an edge has a kind of its own, which is called ``edge_kind``."""
    return {"kind": kind, **{f"{kind}_kind" if name == "kind" else name: value for name, value in row.items()}}
