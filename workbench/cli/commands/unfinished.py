"""``workbench unfinished``: finds events that lack an effect which nearly all of their type have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.answers import print_answer
from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_text
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(unfinished)


def unfinished(
    snapshot: SnapshotFile,
    end: Annotated[
        str | None, typer.Option("--end", help="When the capture ended, as @2026-01-01T10:00:00Z; default: last event.")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules that --freeze printed for another one.")] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Print the rules instead of the events.")] = False,
    as_json: Json = False,
) -> None:
    """Find flows that stopped half-way, by rules learnt from the snapshot itself."""
    text = None if rules is None else rules.read_bytes()
    with opened(snapshot) as snap:
        found = snap.unfinished(end, rules=text)
        if freeze:
            print_text(found.rules_json())
        else:
            print_answer(found, as_json=as_json)
