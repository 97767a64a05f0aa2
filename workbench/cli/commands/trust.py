"""``workbench trust``: lets the clusters of a settings file count."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.text import visible

if TYPE_CHECKING:
    from workbench.config import ClusterEntry

_SECRETS = ("_env", "_keyring", "keyfile")
"""How the settings end that name a secret."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trust)


def trust(
    file: Annotated[
        Path | None, typer.Argument(help="A workbench.toml; by default the one that applies in this folder.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> None:
    """Trust a settings file as it is now: it may say where you connect and which secrets are sent.

    It is remembered by path and content; after a change it has to be trusted again.
    """
    from workbench.config import trust_file

    settings = trust_file(file, trust=not forget)
    typer.echo(visible(f"{settings.path} is {'no longer trusted' if forget else 'trusted as it is now'}.", None))
    for entry in settings.clusters.values() if not forget else ():
        typer.echo(visible(f"  {entry.name}: {entry.address}, {entry.security_protocol}{_secrets(entry)}", None))


def _secrets(entry: ClusterEntry) -> str:
    """Name every secret that the cluster uses, and every server besides the brokers that it leads to."""
    given = {field.name: getattr(entry, field.name) for field in fields(entry)}
    secrets = [str(value) for name, value in given.items() if value is not None and name.endswith(_SECRETS)]
    servers = [str(value) for name, value in given.items() if value is not None and name.endswith("_url")]
    used = f", uses {', '.join(secrets)}" if secrets else ""
    return f"{used}, leads to {', '.join(servers)}" if servers else used
