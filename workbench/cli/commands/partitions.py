"""``workbench partitions``: lists partitions with leader, replicas, log start and end, and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.options import Broker, Json, SomeTopics
from workbench.cli.output import print_rows
from workbench.cli.running import run

if TYPE_CHECKING:
    import typer

_COLUMNS = ("topic", "partition", "leader", "replicas", "isr", "begin", "end", "records_at_most", "size_bytes")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(partitions)


def partitions(patterns: SomeTopics = None, broker: Broker = None, as_json: Json = False) -> None:
    """List partitions: leader, replicas, in-sync replicas, log start and end, bytes on the leader's disk."""
    from workbench.session.procedures.browsing import list_partitions

    print_rows(run(list_partitions(broker, patterns or ["*"])), _COLUMNS, as_json=as_json, empty="There is no topic.")
