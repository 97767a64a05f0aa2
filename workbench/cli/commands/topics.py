"""``workbench topics``: lists topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.cli.options import Broker, Json, SomeTopics
from workbench.cli.output import print_rows
from workbench.cli.running import run

if TYPE_CHECKING:
    import typer

_COLUMNS = ("topic", "partitions", "begin", "end", "records_at_most", "records_per_s", "groups", "cleanup_policy")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(topics)


def topics(patterns: SomeTopics = None, broker: Broker = None, as_json: Json = False) -> None:
    """List topics: partitions, offsets, an upper bound of the records, rate in the last minute, consumer groups."""
    rows = run(_rows(patterns or ["*"], broker))
    print_rows(rows, _COLUMNS, as_json=as_json, empty="There is no topic.")


async def _rows(patterns: list[str], broker: str | None) -> list[dict[str, Any]]:
    from workbench.session import connect

    async with await connect(broker) as cluster:
        return await cluster.topic_rows(patterns)
