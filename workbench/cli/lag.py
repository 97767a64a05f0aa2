"""``workbench lag``: which group is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import exits
from workbench.cli.options import Broker, Json
from workbench.cli.output import print_rows
from workbench.cli.running import run

if TYPE_CHECKING:
    from workbench.session.lag import LagResult

_COLUMNS = ("group_id", "topic", "partition", "lag", "lost", "readable", "held", "committed", "high", "state", "reason")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(lag)


def lag(
    broker: Broker = None,
    group: Annotated[str, typer.Option("--group", "-g", help="Shell pattern of consumer groups.")] = "*",
    topic: Annotated[str, typer.Option("--topic", "-t", help="Shell pattern of topics.")] = "*",
    as_json: Json = False,
) -> None:
    """Sample the lag of consumer groups of both protocols; joins none. Exits with 3 when a part could not be read."""
    result = run(_sample(broker, group, topic))
    rows: list[dict[str, Any]] = result.rows()
    print_rows(rows, _COLUMNS, as_json=as_json, empty="No consumer group was found.")
    for error in result.errors:
        typer.echo(f"not read: {error}", err=True)
    if result.errors:
        raise typer.Exit(exits.INCOMPLETE)


async def _sample(broker: str | None, group: str, topic: str) -> LagResult:
    from workbench.session import connect

    async with await connect(broker) as cluster:
        return await cluster.lag(group, topics=topic)
