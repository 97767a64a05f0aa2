"""``workbench transform``: runs a data transform (WebAssembly) over the captured records of a snapshot."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from workbench.cli import exits
from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_json, print_text
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError

Module = Annotated[str, typer.Argument(help="File of the module (.wasm or .wat), or a sample: sample:mask.")]
Topic = Annotated[
    list[str],
    typer.Option("--topic", "-t", help="Topic to read: name, shell pattern or ~regular expression; repeatable."),
]
Variable = Annotated[
    list[str] | None, typer.Option("--env", help="Variable of the transform as NAME=VALUE; repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Run data transforms (WebAssembly) over captured records.")
    group.command("run")(run_transform)
    app.add_typer(group, name="transform")


def run_transform(
    snapshot: SnapshotFile,
    module: Module,
    topic: Topic,
    env: Variable = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the transform; default: that of the file.")
    ] = None,
    where: Annotated[str | None, typer.Option("--where", help="SQL condition over events; default: all.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", help="Most records to read.")] = None,
    on_error: Annotated[
        Literal["stop", "skip"], typer.Option("--on-error", help="A failing record stops its partition, or is skipped.")
    ] = "stop",
    as_json: Json = False,
) -> None:
    """Run a transform over captured records and print what it writes; nothing is sent.

    Exit code 3: a record made it fail, or the limit was reached.
    """
    with opened(snapshot) as snap:
        result = snap.transform(
            module,
            topics=topic,
            name=name,
            environment=variables(env),
            where=where,
            limit=limit,
            on_error=on_error,
        )
        if as_json:
            for row in result.rows():
                print_json({"kind": "output", **row})
            for row in result.log_rows():
                print_json({"kind": "log", **row})
            for row in result.error_rows():
                print_json({"kind": "error", **row})
            print_json({"kind": "report", "transform": result.name, "sha256": result.digest, **result.counts})
        else:
            print_text(repr(result))
        complete = result.complete
        result.close()
    if not complete:
        raise typer.Exit(exits.INCOMPLETE)


def variables(given: list[str] | None) -> dict[str, str]:
    """Read variables that are written as NAME=VALUE.

    Raises:
        ConfigurationError: One has no ``=``; it is not shown, because it may be a secret.
    """
    found: dict[str, str] = {}
    for number, text in enumerate(given or [], 1):
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigurationError(f"--env number {number} is not written as NAME=VALUE.")
        found[key] = value
    return found
