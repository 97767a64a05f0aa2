"""``workbench registry``: runs a real schema registry on 127.0.0.1, without Docker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import exits
from workbench.machine import registry as registries

Port = Annotated[int, typer.Option("--port", "-p", help="Port on 127.0.0.1; 0 takes a free one.")]
Json = Annotated[bool, typer.Option("--json", "-J", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Run a local schema registry, Apicurio, by Java 21; Maven downloads it once (160 MB).",
    )
    group.command()(fetch)
    group.command()(up)
    group.command()(down)
    group.command()(status)
    app.add_typer(group, name="registry")


def fetch() -> None:
    """Download and check the registry; start nothing."""
    typer.echo(f"The registry is in {registries.fetch()}", err=True)


def up(
    port: Port = registries.DEFAULT_PORT,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; by default in the cache folder.")] = None,
    as_json: Json = False,
) -> None:
    """Start the registry, and print the shell line that makes it the default registry."""
    registry = registries.up(port, data=data)
    if as_json:
        typer.echo(json.dumps(registries.facts(registry, "serving")))
        return
    typer.echo(f"Apicurio {registry.version} serves (process {registry.pid}, log {registry.log})", err=True)
    typer.echo(registries.export_line(registry))


def down(port: Port = registries.DEFAULT_PORT, as_json: Json = False) -> None:
    """Stop the registry; its data stays."""
    registry = registries.down(port)
    if as_json:
        typer.echo(json.dumps(None if registry is None else registries.facts(registry, "gone")))
    elif registry is None:
        typer.echo(f"No local registry runs on port {port}.", err=True)
    else:
        typer.echo(f"The registry on port {port} ended; its data stays in {registry.data}.", err=True)


def status(
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Only this port; exit code 1 if no registry answers there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List local registries: serving, silent (runs but does not answer) or gone (ended, but not by this command)."""
    found = [one for one in registries.status() if port in (None, one.registry.port)]
    for one in found:
        registry = one.registry
        line = f"{one.state:8} {registry.url}  process {registry.pid:<8} data {registry.data}"
        typer.echo(json.dumps(registries.facts(registry, one.state)) if as_json else line)
    if not found and not as_json:
        typer.echo("No local registry is known here. Start one: workbench registry up", err=True)
    if port is not None and not any(one.state == "serving" for one in found):
        raise typer.Exit(exits.FAILED)
