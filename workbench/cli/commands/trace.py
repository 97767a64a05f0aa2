"""``workbench trace``: prints the causal tree of a correlation or an event."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from workbench.cli.forms import AsMermaid, AsSvg, print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import print_json, print_text
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError

LAYOUTS = ("layered", "swimlanes", "waterfall", "sequence", "map")


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
    layout: Annotated[
        str | None,
        typer.Option("--layout", help="Of --svg and --mermaid: layered, swimlanes, waterfall, sequence or map."),
    ] = None,
) -> None:
    """Print the causal tree of a correlation id, of a trace id or of an event."""
    if sum(given is not None for given in (correlation, event, trace_id)) != 1:
        raise ConfigurationError("Give exactly one of --correlation, --event and --trace-id.")
    refuse_several(json=as_json, mermaid=mermaid, svg=svg, csv=csv, otlp=otlp)
    if layout is not None and layout not in LAYOUTS:
        raise ConfigurationError(f"--layout {layout} is not known. Choose {', '.join(LAYOUTS)}.")
    if layout is not None and not svg and not (mermaid and layout in ("layered", "sequence", "map")):
        raise ConfigurationError("--layout goes with --svg, or with --mermaid for layered, sequence and map.")
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.trace(correlation_id=correlation, event_id=event, trace_id=trace_id)
        if as_json:
            for kind, frame in (("event", found.frame), ("edge", found.edges), ("unresolved", found.unresolved)):
                for row in plain_rows(frame):
                    print_json(_with_kind(kind, row))
        elif svg:
            print_text(found.svg(cast("Any", layout)))
        elif otlp:
            print_text(found.otlp())
        else:
            charted = found.sequence() if layout == "sequence" else found.type_map() if layout == "map" else found
            if not print_form(charted, csv=csv, mermaid=mermaid):
                print_text(repr(found))


def _with_kind(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Say what a line is; an edge has a kind of its own, which is called ``edge_kind``."""
    return {"kind": kind, **{f"{kind}_kind" if name == "kind" else name: value for name, value in row.items()}}
