"""``workbench replay``: prints the plan of a replay and stores it in the journal; ``--confirm`` runs it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import exits
from workbench.cli.options import Broker, Json, SnapshotFile
from workbench.cli.output import print_json
from workbench.cli.progress import progress_listener
from workbench.cli.running import run

if TYPE_CHECKING:
    from workbench.replay import Plan, ReplayReport

Where = Annotated[str, typer.Option("--where", help="SQL condition over events that selects the records.")]
To = Annotated[str | None, typer.Option("--to", help="Target topic, which must exist; by default new topics.")]
Confirm = Annotated[str | None, typer.Option("--confirm", help="Run the plan with this token.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Reason, stored in the journal; required to run.")]
Typed = Annotated[str | None, typer.Option("--confirm-target", help="Name of the target, required if it is protected.")]
Option = Annotated[
    list[str] | None,
    typer.Option("--option", help="Option of the plan as name=value, such as timestamps=now; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    snapshot: SnapshotFile,
    where: Where,
    broker: Broker = None,
    to: To = None,
    confirm: Confirm = None,
    reason: Reason = None,
    confirm_target: Typed = None,
    option: Option = None,
    as_json: Json = False,
) -> None:
    """Plan a replay and print the plan; with --confirm, run it.

    Exit code 4: a rule refuses the replay.
    """
    if confirm is None:
        _show_plan(run(_plan(snapshot, where, broker, to, _options(option))), as_json=as_json)
        return
    report = run(_run(snapshot, where, broker, confirm, reason, confirm_target))
    if as_json:
        print_json({"kind": "report", "run_id": report.run_id, "state": report.state, **report.counts})
    else:
        typer.echo(repr(report))
    raise typer.Exit(report.exit_status)


def _show_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json({"kind": "plan", "token": plan.token, **plan.to_json()})
    else:
        typer.echo(repr(plan))
    if plan.blocking:
        raise typer.Exit(exits.REFUSED)
    if not as_json:
        typer.echo(f"\n{_command(plan.token)}")


def _command(token: str) -> str:
    words = [Path(sys.argv[0]).name, *(word for word in sys.argv[1:] if word not in {"-J", "--json"})]
    reason = [] if "--reason" in words else ["--reason", "WHY"]
    return shlex.join([*words, "--confirm", token, *reason])


async def _plan(snapshot: Path, where: str, broker: str | None, to: str | None, options: dict[str, Any]) -> Plan:
    from workbench.session.procedures.kept_plans import plan_replay

    return await plan_replay(snapshot, where, address=broker, to=to, **options)


async def _run(
    snapshot: Path,
    where: str,
    broker: str | None,
    confirm: str,
    reason: str | None,
    typed: str | None,
) -> ReplayReport:
    from workbench.session.procedures.kept_plans import run_kept_plan

    with progress_listener(to_terminal=sys.stderr.isatty()) as listener:
        return await run_kept_plan(
            snapshot, where, confirm=confirm, address=broker, reason=reason, target=typed, progress=listener
        )


def _options(given: list[str] | None) -> dict[str, Any]:
    from workbench.errors import ConfigurationError

    options: dict[str, Any] = {}
    for text in given or []:
        name, found, value = text.partition("=")
        if not found:
            raise ConfigurationError(f"--option {text!r} is not written as name=value.")
        options[name.replace("-", "_")] = {"true": True, "false": False}.get(value.lower(), _number(value))
    return options


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
