"""``workbench transform``: runs data transforms (WebAssembly) over captured records, deploys them, and watches them."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from workbench.cli import exits
from workbench.cli.options import Broker, Json, Reason, SnapshotFile
from workbench.cli.output import print_json, print_rows, print_text, say
from workbench.cli.running import run
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError
from workbench.text import visible

Module = Annotated[str, typer.Argument(help="File of the module (.wasm or .wat), or a sample: sample:mask.")]
Topic = Annotated[
    list[str],
    typer.Option("--topic", "-t", help="Topic to read: name, shell pattern or ~regular expression; repeatable."),
]
Variable = Annotated[
    list[str] | None, typer.Option("--env", help="Variable of the transform as NAME=VALUE; repeatable.")
]

_STATUS = ("view", "source_topic", "partition", "status", "lag")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Run data transforms (WebAssembly) over captured records; deploy and watch them."
    )
    for command in (run_transform, deploy, status, logs):
        group.command(command.__name__.removesuffix("_transform"))(command)
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


def deploy(
    module: Module,
    name: Annotated[str, typer.Option("--name", help="Name of the view, of its transform and of its topic.")],
    source: Annotated[str, typer.Option("--source", help="Topic that it transforms, from its first record.")],
    broker: Broker = None,
    env: Variable = None,
    replace: Annotated[bool, typer.Option("--replace", help="Change the module or variables of a view.")] = False,
    reprocess: Annotated[
        bool, typer.Option("--reprocess", help="Delete the view first: its topic has all records twice then.")
    ] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Delete it if it fails at the start.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check.")] = False,
    reason: Reason = None,
    confirm_target: Annotated[
        str | None, typer.Option("--confirm-target", help="Name of the view, required if the cluster is protected.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Deploy a view to the brokers of a Redpanda cluster, through the admin_url of its profile."""
    from workbench.session.procedures.deployed_views import deploy_view

    made = run(
        deploy_view(
            broker,
            name,
            source,
            module,
            environment=variables(env),
            reason=reason,
            dry_run=dry_run,
            replace=replace,
            reprocess=reprocess,
            rollback=rollback,
            target=confirm_target,
        )
    )
    if made is None:
        say("Nothing is wrong; nothing was deployed.")
    else:
        print_rows(made.rows(), _STATUS, as_json=as_json)


def status(
    name: Annotated[str | None, typer.Argument(help="Only this transform; default: all.")] = None,
    broker: Broker = None,
    as_json: Json = False,
) -> None:
    """Print the state and the lag of deployed transforms, for each partition."""
    from workbench.session.procedures.deployed_views import view_rows

    print_rows(run(view_rows(broker, name)), _STATUS, as_json=as_json, empty="No transform is deployed.")


def logs(name: Annotated[str, typer.Argument(help="Name of the transform.")], broker: Broker = None) -> None:
    """Print the last lines that a deployed transform has logged."""
    from workbench.session.procedures.deployed_views import view_log

    for line in run(view_log(broker, name)):
        print_text(visible(line, None))


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
