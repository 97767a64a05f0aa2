"""``workbench demo``: runs every main feature once and writes a report, or writes demo traffic to a broker."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Broker, finite
from workbench.cli.running import run
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from workbench.session.procedures.journey import Journey

Out = Annotated[Path, typer.Option("--out", help="Folder for the snapshot and the report.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    broker: Broker = None,
    rate: Annotated[
        float, typer.Option("--rate", min=0.01, max=100_000, callback=finite, help="Records per second.")
    ] = 20.0,
    minutes: Annotated[
        float, typer.Option("--history", min=0, max=1_440, callback=finite, help="Minutes of traffic before now.")
    ] = 15.0,
    feed: Annotated[
        bool, typer.Option("--feed", help="Only write demo traffic to the broker of -b, until interrupted.")
    ] = False,
    out: Out = Path("out"),
) -> None:
    """Run a demo on an embedded cluster or on -b: capture, trace, lag, replay. Writes a snapshot and a report."""
    if feed:
        if broker is None or broker.startswith("memory://"):
            raise ConfigurationError("--feed needs a development broker: -b kafka://127.0.0.1:9092.")
        run(_feed(broker, rate, minutes))
        return
    journey = run(_run_journey(broker, rate, minutes, out))
    for line in journey.lines:
        typer.echo(line)


async def _feed(broker: str, rate: float, minutes: float) -> None:
    from workbench.session import demo as start

    async with await start(broker, rate=rate, history_s=minutes * 60) as cluster:
        typer.echo(f"Feeding {cluster.address}: topics onex.dev.*, {rate:g} records/s; interrupt to end.", err=True)
        await asyncio.Event().wait()


async def _run_journey(broker: str | None, rate: float, minutes: float, out: Path) -> Journey:
    from workbench.session.procedures.journey import run_journey

    return await run_journey(broker, rate=rate, history_s=minutes * 60, out=out)
