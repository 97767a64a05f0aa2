"""``workbench lag``: samples the lag of consumer groups, once or repeatedly into a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import exits
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Broker, Json, finite
from workbench.cli.output import print_rows, say
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import number_text, visible

if TYPE_CHECKING:
    from workbench.lag import LagResult

_COLUMNS = (
    *("group_id", "topic", "partition", "lag", "lost", "ahead", "readable", "held", "committed", "high", "state"),
    "reason",
)
_SHOWN_ERRORS = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(lag)


def lag(
    broker: Broker = None,
    group: Annotated[str, typer.Option("--group", "-g", help="Consumer group, or a shell pattern of groups.")] = "*",
    topic: Annotated[str, typer.Option("--topic", "-t", help="Shell pattern of topics.")] = "*",
    record: Annotated[
        Path | None, typer.Option("--record", help="Sample repeatedly into this snapshot, until interrupted.")
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(
            "--every", min=0.1, callback=finite, help="With --record: seconds between samples; 10 by default."
        ),
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="With --record: how long, such as 90s, 15m, 2h.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sample the lag of consumer groups; joins no group.

    Exit code 3: the lag of some groups could not be read.
    """
    if record is None and (every is not None or duration is not None):
        raise ConfigurationError("--every and --for say how a recording goes on: name its file with --record.")
    leave_pandas_out()
    if record is None:
        result = run(_sample(broker, group, topic))
    else:
        result = run(_record(broker, group, topic, record, 10.0 if every is None else every, duration)).newest
    print_rows(result.rows(), _COLUMNS, as_json=as_json, empty="No consumer group was found.")
    for error in result.errors[:_SHOWN_ERRORS]:
        say(f"not read: {visible(error, None)}")
    if len(result.errors) > _SHOWN_ERRORS:
        say(f"not read: {number_text(len(result.errors) - _SHOWN_ERRORS)} more")
    if result.errors:
        raise typer.Exit(exits.INCOMPLETE)


async def _sample(broker: str | None, group: str, topic: str) -> LagResult:
    from workbench.session import connect

    async with await connect(broker) as cluster:
        return await cluster.lag(group, topics=topic)


async def _record(
    broker: str | None, group: str, topic: str, into: Path, interval_s: float, duration: str | None
) -> LagResult:
    from workbench.session import connect

    def tell(note: str) -> None:
        say(visible(note, None))

    async with await connect(broker) as cluster:
        return await cluster.record_lag(
            into, group, topics=topic, interval_s=interval_s, duration=duration, progress=tell
        )
