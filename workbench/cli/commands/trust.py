"""``workbench trust``: lets the clusters of a settings file count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.text import visible


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


def _secrets(entry: object) -> str:
    names = (
        "sasl_password_env",
        "sasl_token_env",
        "admin_password_env",
        "ssl_key_password_env",
        "sasl_password_keyring",
        "ssl_keyfile",
    )
    found = [str(value) for name in names if (value := getattr(entry, name)) is not None]
    return f", uses {', '.join(found)}" if found else ""
