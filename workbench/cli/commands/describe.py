"""``workbench describe``: says what the topics of a snapshot hold, and proposes conventions."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import Json, SnapshotFile, SomeTopics
from workbench.cli.output import fitted_table, print_json, print_text
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(describe)


def describe(
    snapshot: SnapshotFile,
    topics: SomeTopics = None,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print only the proposed conventions, as tables of workbench.toml.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Describe the topics of a snapshot: fields with types and examples, ids that join, conventions to paste."""
    with opened(snapshot) as snap:
        found = snap.describe(topics or None)
    if as_json:
        for row in found.rows():
            print_json(row)
    elif toml:
        print_text(found.toml or "# Nothing is proposed.")
    else:
        print_text(found.text(fitted_table))
