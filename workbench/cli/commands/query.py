"""``workbench query``: finds events of a snapshot by conditions and by how they are related."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import print_csv, print_json, print_text, say
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError
from workbench.text import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)


def query(
    snapshot: SnapshotFile,
    text: Annotated[str, typer.Argument(help='A query, such as {type = "Placed"} >> {type = "PaymentFailed"}.')],
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Find events by conditions and by causes. The table shows the first ones; --json and --csv print all."""
    if as_json and as_csv:
        raise ConfigurationError("--json and --csv exclude each other.")
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.query(text)
        rows = list(plain_rows(found.frame)) if as_json or as_csv else []
        if as_json:
            for row in rows:
                print_json(row)
        elif as_csv:
            names = list(found.frame.columns)
            print_csv(names, [[row[name] for name in names] for row in rows])
        else:
            print_text(repr(found))
            return
        for name, count in found.missing.items():
            say(f"{counted(count, 'event')} without {name}")
