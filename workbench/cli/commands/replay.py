"""``workbench replay``: prints the plan of a replay and stores it in the journal; ``--confirm`` runs it.

Its other forms run a stored plan, and look after runs: ``workbench replay run | list | show | resume | verify | abandon
| delete-created``.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli import exits
from workbench.cli.default_command import group_with_default
from workbench.cli.options import Broker, Json, SnapshotFile
from workbench.cli.output import print_json, print_rows, print_text, say
from workbench.cli.plan_options import header_changes, plan_options
from workbench.cli.progress import progress_listener
from workbench.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Coroutine

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
Fix = Annotated[
    Path | None, typer.Option("--fix", help="Python file with fix(body), or JSON patch (RFC 6902) in a .json file.")
]
SetHeader = Annotated[
    list[str] | None,
    typer.Option("--set-header", help="Header of each record as NAME=CONTENT, with fields as {topic}; repeatable."),
]
RemoveHeader = Annotated[
    list[str] | None,
    typer.Option("--remove-header", help="Name of headers to remove, with * for any text; repeatable."),
]
RenameHeader = Annotated[
    list[str] | None, typer.Option("--rename-header", help="New name of a header as OLD=NEW; repeatable.")
]


Run = Annotated[str, typer.Argument(help="Id of the run, or its first digits; `workbench replay list` shows them.")]
Doubtful = Annotated[
    str | None,
    typer.Option("--doubtful", help="Batch of which nobody can tell whether it arrived: skip it, or send it again."),
]
Why = Annotated[str | None, typer.Option("--reason", help="Reason, stored in the journal; required.")]

_ACTIVE = frozenset("$`\\!\n")
"""What a shell does not take as it is between double quotes, besides those."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        cls=group_with_default("plan"),
        no_args_is_help=True,
        help="Plan a replay (workbench replay FILE --where …), run it with --confirm, and look after its runs.",
    )
    group.command("plan")(replay)
    group.command("list")(list_runs)
    group.command("run")(run_plan)
    for command in (show, resume, verify, abandon, delete_created):
        group.command(command.__name__.replace("_", "-"))(command)
    app.add_typer(group, name="replay")


def list_runs(snapshot: SnapshotFile, as_json: Json = False) -> None:
    """List the replays that a snapshot records, newest first: run and token name them, next is what can be done."""
    from workbench.session import open_snapshot

    with open_snapshot(snapshot) as snap:
        rows = snap.replays.rows()
    columns = ("run", "token", "state", "next", "records", "target", "created", "reason", "error")
    print_rows(rows, columns, as_json=as_json, empty="No replay.")


def show(
    snapshot: SnapshotFile,
    run_id: Run,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", help="Parquet file for the ledger: what became of each record.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the report of a run: outcomes, target positions, and how to undo it."""
    from workbench.session.procedures.kept_runs import open_runs

    with open_runs(snapshot, run_id) as snap:
        report = snap.replays.show(run_id)
        if ledger is not None:
            report.to_parquet(ledger)
            say(f"The ledger was written to {ledger}.")
        print_report(report, as_json=as_json)


def run_plan(
    snapshot: SnapshotFile,
    token: Annotated[str, typer.Argument(help="Token of a plan, as `workbench replay plan` prints it.")],
    broker: Broker = None,
    reason: Why = None,
    confirm_target: Typed = None,
    as_json: Json = False,
) -> None:
    """Run a stored plan, whose token confirms it. The target is read again first; what changed there stops it.

    Exit code 4: a rule refuses the replay.
    """
    report = run(
        until_stopped(_run(snapshot, None, broker, token, reason, confirm_target), snapshot, token, as_json=as_json)
    )
    print_report(report, as_json=as_json)
    raise typer.Exit(report.exit_status)


def resume(
    snapshot: SnapshotFile,
    run_id: Run,
    broker: Broker = None,
    reason: Why = None,
    confirm_target: Typed = None,
    doubtful: Doubtful = None,
    as_json: Json = False,
) -> None:
    """Go on with a run that was killed, stopped or failed; what is on the target is not sent again."""
    work = _resume(snapshot, run_id, broker, reason, confirm_target, doubtful)
    report = run(until_stopped(work, snapshot, run_id, as_json=as_json))
    print_report(report, as_json=as_json)
    raise typer.Exit(report.exit_status)


async def until_stopped(
    work: Coroutine[Any, Any, ReplayReport], snapshot: Path, name: str, *, as_json: bool
) -> ReplayReport:
    """Wait for a run; of one that Ctrl-C stops, print the report, which says how to go on."""
    from workbench.session.procedures.kept_runs import interrupted_run

    try:
        return await work
    except asyncio.CancelledError:
        report = await asyncio.to_thread(interrupted_run, snapshot, name)
        if report is not None:
            print_report(report, as_json=as_json)
        raise


async def _resume(
    snapshot: Path, run_id: str, broker: str | None, reason: str | None, typed: str | None, doubtful: str | None
) -> ReplayReport:
    from workbench.errors import ConfigurationError
    from workbench.session.procedures.kept_runs import resume_kept_run

    choice: Literal["skip", "send"] | None = "skip" if doubtful == "skip" else "send" if doubtful == "send" else None
    if doubtful is not None and choice is None:
        raise ConfigurationError(f"--doubtful {doubtful!r} is not possible; use skip or send.")
    with progress_listener(to_terminal=sys.stderr.isatty()) as listener:
        return await resume_kept_run(
            snapshot,
            run_id,
            address=broker,
            reason=reason,
            target=typed,
            doubtful=choice,
            progress=listener,
        )


def verify(
    snapshot: SnapshotFile,
    run_id: Run,
    broker: Broker = None,
    reason: Why = None,
    reaction: Annotated[
        bool,
        typer.Option("--reaction", help="Then wait for what it causes, and compare that with the original flow."),
    ] = False,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the reaction at most.")] = 60.0,
    optional: Annotated[
        list[str] | None, typer.Option("--optional", help="Event type that may be missing or extra; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", help="Path of payloads that is not compared; repeatable.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="Folder for the reaction as files: report, graphs, difference.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the target again and compare it with the ledger; a run in doubt is settled from what is there first.

    With --reaction the exit code is 0 when every check passed, 1 when one failed, 3 when one could not be made.
    """
    from workbench.errors import ConfigurationError
    from workbench.session.procedures.kept_runs import react_to_kept_run, verify_kept_run

    if into is not None and not reaction:
        raise ConfigurationError("--into writes the reaction; it needs --reaction.")
    report = run(verify_kept_run(snapshot, run_id, address=broker, reason=reason))
    print_report(report, as_json=as_json)
    if not reaction or report.exit_status:
        raise typer.Exit(report.exit_status)
    found = run(
        react_to_kept_run(
            snapshot,
            run_id,
            address=broker,
            reason=reason,
            verify_timeout_s=timeout_s,
            optional=optional or (),
            ignore=ignore or (),
            into=into,
        )
    )
    if into is not None:
        say(f"The reaction was written into {into}.")
    if as_json:
        print_json({"kind": "reaction", "run_id": report.run_id, "result": found.status, "checks": found.rows()})
    else:
        print_text(repr(found))
    raise typer.Exit(found.exit_status)


def abandon(
    snapshot: SnapshotFile, run_id: Run, broker: Broker = None, reason: Why = None, as_json: Json = False
) -> None:
    """Give up a run in doubt: its open transaction is aborted, and its target is free for other plans."""
    from workbench.session.procedures.kept_runs import abandon_kept_run

    print_report(run(abandon_kept_run(snapshot, run_id, address=broker, reason=reason)), as_json=as_json)


def delete_created(
    snapshot: SnapshotFile,
    run_id: Run,
    topic: Annotated[str, typer.Option("--topic", help="Physical name of the topic that the run created, typed.")],
    broker: Broker = None,
    reason: Why = None,
) -> None:
    """Delete a topic that a run created, if it has only records of that run and no group reads it."""
    from workbench.session.procedures.kept_runs import delete_created_by_run

    run(delete_created_by_run(snapshot, run_id, address=broker, reason=reason, topic=topic))
    say(f"{topic} was deleted.")


def print_report(report: ReplayReport, *, as_json: bool) -> None:
    """Print the report of a run."""
    if as_json:
        known = {"run_id": report.run_id, "plan_hash": report.plan_hash, "state": report.state, "error": report.error}
        print_json({"kind": "report", **known, **report.counts, **report.why})
    else:
        print_text(repr(report))


def replay(  # noqa: PLR0913 - as many as a replay has
    snapshot: SnapshotFile,
    where: Where,
    broker: Broker = None,
    to: To = None,
    confirm: Confirm = None,
    reason: Reason = None,
    confirm_target: Typed = None,
    option: Option = None,
    fix: Fix = None,
    set_header: SetHeader = None,
    remove_header: RemoveHeader = None,
    rename_header: RenameHeader = None,
    as_json: Json = False,
) -> None:
    """Plan a replay and print the plan; with --confirm, run it. Edits are previewed, and kept in the plan.

    Exit code 4: a rule refuses the replay.
    """
    if confirm is None:
        headers = header_changes(set_header, remove_header, rename_header)
        options = {**plan_options(option), "fix": fix, "headers": headers}
        plan = run(_plan(snapshot, where, broker, to, options))
        show_plan(plan, _run_command(plan, snapshot, broker), as_json=as_json)
        return
    work = _run(snapshot, where, broker, confirm, reason, confirm_target)
    report = run(until_stopped(work, snapshot, confirm, as_json=as_json))
    print_report(report, as_json=as_json)
    raise typer.Exit(report.exit_status)


def show_plan(plan: Plan, command: str, *, as_json: bool) -> None:
    """Print a plan, and the command that runs it."""
    if as_json:
        # The document has the number and the digest of the edits; packed as the journal keeps them they may be large.
        shown = {name: value for name, value in plan.to_json().items() if name != "edits"}
        print_json({"kind": "plan", "token": plan.token, **shown})
    else:
        print_text(plan.dry_run().text(command))
    if plan.blocking:
        if not as_json and any(refusal.override for refusal in plan.refusals):
            say("Options are written --option NAME=VALUE here, lists with commas: --option accept_groups=billing,mail.")
        raise typer.Exit(exits.REFUSED)


def _run_command(plan: Plan, snapshot: Path, broker: str | None) -> str:
    """Return the command that runs a plan which is in the journal of a snapshot."""
    words = [Path(sys.argv[0]).name, "replay", "run", str(snapshot), plan.token]
    words += [] if broker is None else ["-b", broker]
    words += ["--confirm-target", "NAME"] if plan.facts.connection.needs_typed_name else []
    return shlex.join([*words, "--reason", "WHY"])


def same_command(token: str) -> str:
    """Return the command that was typed, with the token that confirms its plan."""
    words = [Path(sys.argv[0]).name, *(word for word in sys.argv[1:] if word not in {"-J", "--json"})]
    reason = [] if "--reason" in words else ["--reason", "WHY"]
    return " ".join(map(_quoted, [*words, "--confirm", token, *reason]))


def _quoted(word: str) -> str:
    """Quote a word for a POSIX shell; texts that are full of single quotes in double quotes."""
    if "'" not in word or _ACTIVE.intersection(word):
        return shlex.quote(word)
    return '"' + word.replace('"', '\\"') + '"'


async def _plan(snapshot: Path, where: str, broker: str | None, to: str | None, options: dict[str, Any]) -> Plan:
    from workbench.session.procedures.kept_plans import plan_replay

    return await plan_replay(snapshot, where, address=broker, to=to, **options)


async def _run(
    snapshot: Path,
    where: str | None,
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
