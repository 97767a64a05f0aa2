"""``workbench clock``: says what causes and effects prove about the clocks of the sources."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clock)


def clock(
    snapshot: SnapshotFile,
    correlation: Annotated[str | None, typer.Option("--correlation", "-c", help="Only this correlation id.")] = None,
    method: Annotated[
        str, typer.Option("--method", help="least corrects as few events as possible, midpoint assumes equal delays.")
    ] = "least",
    reference: Annotated[str | None, typer.Option("--reference", help="A clock that counts as right.")] = None,
    as_json: Json = False,
    csv: Csv = False,
) -> None:
    """Print which clocks differ, by how much at least, and the correction; times are stored as they are."""
    refuse_several(json=as_json, csv=csv)
    with opened(snapshot) as snap:
        trace = snap.graph if correlation is None else snap.trace(correlation_id=correlation)
        found = trace.clock(method=cast("Any", method), reference=reference)
        if not print_form(found, csv=csv):
            print_answer(found, as_json=as_json)
