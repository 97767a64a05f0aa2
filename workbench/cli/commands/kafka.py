"""``workbench kafka``: runs a real Apache Kafka on 127.0.0.1, without Docker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import exits
from workbench.machine import broker as brokers

Port = Annotated[int, typer.Option("--port", "-p", help="Port on 127.0.0.1; 0 takes a free one.")]
Json = Annotated[bool, typer.Option("--json", "-J", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    kafka = typer.Typer(no_args_is_help=True, help="Run a local Apache Kafka; Maven downloads its jars once.")
    kafka.command()(fetch)
    kafka.command()(up)
    kafka.command()(down)
    kafka.command()(status)
    app.add_typer(kafka, name="kafka")


def fetch() -> None:
    """Download and check the jars; start nothing."""
    typer.echo(f"Kafka's jars are in {brokers.fetch()}", err=True)


def up(
    port: Port = brokers.DEFAULT_PORT,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; by default in the cache folder.")] = None,
    as_json: Json = False,
) -> None:
    """Start the broker, and print the shell line that makes it the default address."""
    broker = brokers.up(port, data=data)
    if as_json:
        typer.echo(json.dumps(brokers.facts(broker, "serving")))
        return
    typer.echo(
        f"Kafka {broker.version} serves on {broker.bootstrap} (process {broker.pid}, log {broker.log})", err=True
    )
    typer.echo(brokers.export_line(broker))


def down(
    port: Port = brokers.DEFAULT_PORT,
    data: Annotated[
        Path | None, typer.Option("--data", help="Stop it only if this is its data folder, as given to up.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Stop the broker; its data stays."""
    broker = brokers.down(port, data=data)
    if as_json:
        typer.echo(json.dumps(None if broker is None else brokers.facts(broker, "gone")))
    elif broker is None:
        typer.echo(f"No packaged Kafka runs on port {port}.", err=True)
    else:
        typer.echo(f"Kafka on port {port} ended; its data stays in {broker.data}.", err=True)


def status(
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Only this port; exit code 1 if no broker answers there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List local brokers: serving, silent (runs but does not answer) or gone (ended, but not by this command)."""
    found = [one for one in brokers.status() if port in (None, one.broker.port)]
    for one in found:
        broker = one.broker
        line = f"{one.state:8} {broker.bootstrap:21} process {broker.pid:<8} data {broker.data}  log {broker.log}"
        typer.echo(json.dumps(brokers.facts(broker, one.state)) if as_json else line)
    if not found and not as_json:
        typer.echo("No packaged Kafka is known here. Start one: workbench kafka up", err=True)
    if port is not None and not any(one.state == "serving" for one in found):
        raise typer.Exit(exits.FAILED)
