"""``workbench variants``: prints what the flows of a snapshot have in common: their shapes, orders and times."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.forms import refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.shown import patterns, print_shown
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(variants)


def variants(
    snapshot: SnapshotFile,
    show: Annotated[
        str,
        typer.Option(
            "--show",
            help="variants: shapes of flows, rare ones first; follows: which types follow each other in time; "
            "profile: how long hops take; waiting: how long they wait in their topic.",
        ),
    ] = "variants",
    correlation: Annotated[str | None, typer.Option("--correlation", "-c", help="Only this correlation id.")] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="For waiting: the consumer group that did the work, with its lag stored here."),
    ] = None,
    as_json: Json = False,
    csv: Csv = False,
) -> None:
    """Group the correlations of a snapshot by the shape of their flow, or say how its types follow each other."""
    refuse_several(json=as_json, csv=csv)
    if group is not None and show != "waiting":
        raise ConfigurationError("--group says whose work --show waiting splits off; it needs that.")
    with opened(snapshot) as snap:
        trace = snap.graph if correlation is None else snap.trace(correlation_id=correlation)
        answers = {**patterns(trace), "waiting": lambda: snap.waiting(group, correlation_id=correlation)}
        print_shown(answers, show, as_json=as_json, csv=csv)
