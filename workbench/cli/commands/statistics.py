"""``workbench statistics``: counts what a window of live topics holds."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli import exits
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Broker, End, Json, Registry, Topics, Uncommitted
from workbench.cli.output import print_json, print_text, say
from workbench.cli.running import run
from workbench.text import visible


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(statistics)


def statistics(
    topics: Topics,
    broker: Broker = None,
    offset: Annotated[
        str, typer.Option("--offset", "-o", help="Where to start: start, 1200, -100, +100, @-15m, @TIME, group:NAME.")
    ] = "start",
    end: End = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Stop after this many records.")] = 5_000_000,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    schema_registry: Registry = None,
) -> None:
    """Count keys, sizes, nulls, event types and fields of live topics; joins no consumer group and stores nothing.

    Exit code 3: not all of the window was counted.
    """
    leave_pandas_out()
    from workbench.session.procedures.browsing import read_statistics

    found = run(
        read_statistics(
            broker,
            topics,
            schema_registry=schema_registry,
            start=offset,
            end=end or "end",
            limit=count,
            isolation="read_uncommitted" if uncommitted else "read_committed",
        )
    )
    if as_json:
        kinds = {"topic": found.rows(), "event_type": found.type_rows(), "field": found.field_rows()}
        for kind, rows in kinds.items():
            for row in rows:
                print_json({"kind": kind, **row})
    else:
        print_text(repr(found))
    if found.reason:
        say(visible(found.reason, None))
        raise typer.Exit(exits.INCOMPLETE)
