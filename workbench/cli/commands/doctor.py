"""``workbench doctor``: checks what this package needs on a machine, and gives advice."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import exits
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.machine.doctor import Check


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    address: Annotated[str | None, typer.Option("--broker", "-b", help="Address or profile of the broker.")] = None,
    as_json: Annotated[bool, typer.Option("--json", "-J", help="Print one JSON object per line.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also print the packages that are ok.")] = False,
) -> None:
    """Check Python, packages, Java, Maven, browser, kcat and the broker.

    Exit code 1: something that is needed is missing or wrong.
    """
    from workbench.machine.doctor import examine

    checks = examine(address)
    if as_json:
        for check in checks:
            typer.echo(json.dumps(asdict(check)))
    else:
        _print(checks, every=every)
    if any(check.needed and check.state != "ok" for check in checks):
        raise typer.Exit(exits.FAILED)


_SYSTEM = ("python", "java", "kafka jars", "browser", "kcat", "broker")


def _print(checks: list[Check], *, every: bool) -> None:
    packages = [check for check in checks if check.name not in _SYSTEM]
    fine = sum(check.state == "ok" for check in packages)
    for check in checks:
        if every or check.state != "ok" or check.name in _SYSTEM:
            state = check.state if check.state == "ok" or check.needed else f"{check.state} (optional)"
            typer.echo(visible(f"{check.name:16} {state:20} {check.found}".rstrip(), None))
            if check.advice:
                typer.echo(visible(f"{'':16} → {check.advice}", None))
    typer.echo(f"{'packages':16} {fine} of {len(packages)} within their ranges")
