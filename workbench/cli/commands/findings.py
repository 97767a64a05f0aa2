"""``workbench findings``: says what is wrong or strange in a snapshot or one of its flows."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.answers import print_answer
from workbench.cli.options import Json, SnapshotFile
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(findings)


def findings(
    snapshot: SnapshotFile,
    correlation: Annotated[str | None, typer.Option("--correlation", "-c", help="Only this correlation id.")] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="With --json: a line for each event found.")] = False,
    as_json: Json = False,
) -> None:
    """Check all rules over causes, times, clocks and flows; print what they found."""
    with opened(snapshot) as snap:
        found = snap.findings() if correlation is None else snap.trace(correlation_id=correlation).findings()
        print_answer(found, as_json=as_json, frame=found.evidence if evidence else None)
