"""``workbench explain``: says what led to a record, what came of it, and which groups have passed it."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli import exits
from workbench.cli.options import Broker, Json, Registry, Uncommitted
from workbench.cli.output import print_json, print_text, say
from workbench.cli.running import run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    position: Annotated[str, typer.Argument(help="Position of the record: topic/partition@offset.")],
    broker: Broker = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", "-t", help="Where relatives are looked for; default: all."),
    ] = None,
    around: Annotated[str, typer.Option("--around", help="How far from the record's time: 90s, 5m, 2h.")] = "5m",
    most_s: Annotated[float, typer.Option("--for", min=0.0, help="Seconds after which reading ends.")] = 30.0,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    schema_registry: Registry = None,
) -> None:
    """Explain a record: causes and effects among the records around its time, and where consumer groups stand.

    Exit code 3: not all records around its time were read.
    """
    from workbench.session.procedures.browsing import explain_record

    found = run(
        explain_record(
            broker,
            position,
            schema_registry=schema_registry,
            topics=topics or "*",
            around=around,
            most_s=most_s,
            isolation="read_uncommitted" if uncommitted else "read_committed",
        )
    )
    if as_json:
        print_json({"kind": "record", "position": found.position, "facts": dict(found.detail.facts)})
        for row in found.rows():
            print_json(row)
        for remark in found.remarks():
            say(remark)
    else:
        print_text(repr(found))
    if found.found is not None and not found.found.complete:
        raise typer.Exit(exits.INCOMPLETE)
