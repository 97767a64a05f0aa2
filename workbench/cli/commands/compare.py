"""``workbench compare``: says how one snapshot differs from another."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import fitted_table, print_json, print_text
from workbench.cli.snapshots import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)


def compare(
    before: SnapshotFile,
    after: SnapshotFile,
    topic: Annotated[list[str] | None, typer.Option("--topic", "-t", help="Only this topic; repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two snapshots: keys new, missing and changed, shares of event types, fields that came or went."""
    from workbench.session.comparing import compare as compare_snapshots

    with opened(before) as first, opened(after) as second:
        found = compare_snapshots(first, second, topics=topic or None)
    if as_json:
        for row in found.rows():
            print_json(row)
    else:
        print_text(found.text(fitted_table))
