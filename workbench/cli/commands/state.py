"""``workbench state``: prints the state of each key of a topic at a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(state)


def state(
    snapshot: SnapshotFile,
    topic: Annotated[str, typer.Argument(help="A captured topic, whose keys keep to one partition each.")],
    at: Annotated[
        str | None, typer.Option("--at", help="A moment, inclusive: @2026-01-01T10:00:00Z; default: the end.")
    ] = None,
    fold: Annotated[
        Path | None,
        typer.Option("--fold", help="Python file with fold(state, event); the default state is the last value."),
    ] = None,
    as_json: Json = False,
    csv: Csv = False,
) -> None:
    """Print what each key held at a moment: by all records up to it, and as a consumer had seen it by then."""
    from workbench.session.procedures.functions import load_function

    refuse_several(json=as_json, csv=csv)
    folding = None if fold is None else load_function(fold, "fold", "fold(state, event) that returns the new state")
    with opened(snapshot) as snap:
        found = snap.state(topic, at, folding)
        if not print_form(found, csv=csv):
            print_answer(found, as_json=as_json)
