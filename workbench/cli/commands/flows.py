"""``workbench flows``: lists the correlation ids of a snapshot, those with failures and gaps first."""

from __future__ import annotations

import typer

from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import print_csv, print_json, print_text
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(flows)


def flows(snapshot: SnapshotFile, as_json: Json = False, as_csv: Csv = False) -> None:
    """List the flows of a snapshot, the place to begin. The table shows 20; --json and --csv print all."""
    if as_json and as_csv:
        raise ConfigurationError("--json and --csv exclude each other.")
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.flows()
        if as_json:
            for row in plain_rows(found.frame):
                print_json(row)
        elif as_csv:
            names = list(found.frame.columns)
            print_csv(names, [[row[name] for name in names] for row in plain_rows(found.frame)])
        else:
            print_text(repr(found))
