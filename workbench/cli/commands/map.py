"""``workbench map``: prints which types of events lead to which, and what changed since another snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import AsMermaid, AsSvg, print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("map")(type_map)


def type_map(
    snapshot: SnapshotFile,
    by: Annotated[str, typer.Option("--by", help="event_type, source or topic.")] = "event_type",
    since: Annotated[Path | None, typer.Option("--since", help="An earlier snapshot: print the drift from it.")] = None,
    as_json: Json = False,
    svg: AsSvg = False,
    csv: Csv = False,
    mermaid: AsMermaid = False,
) -> None:
    """Print the event-type map: edges with shares, fan-out and percentiles of hops."""
    if by not in ("event_type", "source", "topic"):
        raise ConfigurationError(f"--by {by} is not known. Choose event_type, source or topic.")
    refuse_several(json=as_json, svg=svg, csv=csv, mermaid=mermaid)
    if since is not None and (svg or mermaid):
        raise ConfigurationError("--since prints what changed, which has no picture.")
    field = cast('Literal["event_type", "source", "topic"]', by)
    with opened(snapshot) as snap:
        found = snap.type_map(field)
        if since is None:
            if print_form(found, svg=svg, csv=csv, mermaid=mermaid):
                return
            print_answer(found, as_json=as_json)
            return
        with opened(since) as earlier:
            drift = earlier.type_map(field).drift(found)
            if not print_form(drift, csv=csv):
                print_answer(drift, as_json=as_json)
