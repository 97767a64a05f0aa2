"""``workbench sql``: runs an SQL query on a snapshot."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import print_csv, print_json, print_table, say
from workbench.cli.snapshots import opened
from workbench.cli.table_rows import column_names, table_rows
from workbench.errors import ConfigurationError
from workbench.text import counted

MOST_ROWS = 1_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sql)


def sql(
    snapshot: SnapshotFile,
    query: Annotated[str, typer.Argument(help="One SELECT over events and records.")],
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Run an SQL query on a snapshot. The table shows at most 1,000 rows; --json and --csv print all."""
    if as_json and as_csv:
        raise ConfigurationError("--json and --csv exclude each other.")
    leave_pandas_out()
    with opened(snapshot) as snap:
        table = snap.sql_arrow(query)
    names = column_names(table)
    if as_json:
        for row in table_rows(table):
            print_json(dict(zip(names, row, strict=True)))
    elif as_csv:
        print_csv(names, table_rows(table))
    else:
        print_table(names, list(table_rows(table.slice(0, MOST_ROWS))), empty="No row.")
        if table.num_rows > MOST_ROWS:
            say(f"{counted(table.num_rows - MOST_ROWS, 'more row')}; --json prints all.")
