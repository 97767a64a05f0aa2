"""``workbench variants``: prints the shapes of the flows of a snapshot, rare ones first."""

from __future__ import annotations

import typer

from workbench.cli.answers import print_answer
from workbench.cli.options import Json, SnapshotFile
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(variants)


def variants(snapshot: SnapshotFile, as_json: Json = False) -> None:
    """Group the correlations of a snapshot by the shape of their flow."""
    with opened(snapshot) as snap:
        print_answer(snap.variants(), as_json=as_json)
