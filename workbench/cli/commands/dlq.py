"""``workbench dlq``: groups the dead letters of a snapshot by error; ``--redrive`` plans to send them home, fixed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.commands.replay import (
    Confirm,
    Fix,
    Option,
    Reason,
    RemoveHeader,
    RenameHeader,
    SetHeader,
    Typed,
    print_report,
    same_command,
    show_plan,
    until_stopped,
)
from workbench.cli.options import Broker, Json, SnapshotFile
from workbench.cli.output import print_json, print_rows, print_text, say
from workbench.cli.plan_options import header_changes, name_pairs, plan_options
from workbench.cli.progress import progress_listener
from workbench.cli.running import run
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.replay import ReplayReport
    from workbench.replay.dead_letters.triage import DeadLetters

_GROUPS = (
    "fingerprint", "error_type", "message", "records", "redriven", "again", "topics", "origins", "guessed", "first",
    "last",
)  # fmt: skip
_COUNTS = ("time", "fingerprint", "records")
_ROWS = (
    "topic", "partition", "offset", "event_id", "correlation_id", "time", "error_type", "error_message",
    "attempts", "origin_topic", "origin_partition", "origin_offset", "origin_via", "redriven",
    "again",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dlq)


def dlq(  # noqa: PLR0913 - as many as a redrive has
    snapshot: SnapshotFile,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", "-f", help="Show samples of this group instead; its first digits do.")
    ] = None,
    look: Annotated[
        str | None,
        typer.Option("--look", help="Show this letter (TOPIC/PARTITION@OFFSET) with its stack trace and its original."),
    ] = None,
    over_time: Annotated[
        str | None, typer.Option("--over-time", help="Count each group by spans of this length: 10min, 1h, 1D.")
    ] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="Number of samples.")] = 3,
    redrive: Annotated[
        bool, typer.Option("--redrive", help="Plan to send them to the topics they came from; --confirm runs the plan.")
    ] = False,
    fix: Fix = None,
    set_header: SetHeader = None,
    remove_header: RemoveHeader = None,
    rename_header: RenameHeader = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin",
            help="Only letters that came from this topic; it also confirms an origin that is a guess by name.",
        ),
    ] = None,
    origins: Annotated[
        list[str] | None,
        typer.Option("--origins", help="Where the letters of a topic came from, as LETTERS=ORIGIN; repeatable."),
    ] = None,
    accept_error: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-error",
            help="Error type whose cause was mended elsewhere: send its letters unchanged, too; repeatable.",
        ),
    ] = None,
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    confirm_target: Typed = None,
    option: Option = None,
    as_json: Json = False,
) -> None:
    """Group the dead letters of a snapshot by error. Sends nothing, unless --redrive is given with --confirm.

    Exit code 4: a rule refuses the plan.
    """
    if redrive:
        named = dict(name_pairs("--origins", origins, "LETTERS=ORIGIN"))
        headers = header_changes(set_header, remove_header, rename_header)
        chosen: dict[str, Any] = {
            "fix": fix, "headers": headers, "origin": origin, "origins": named, "address": broker,
            "accept_errors": accept_error or (),
        }  # fmt: skip
        if confirm is None:
            _plan(snapshot, fingerprint, {**plan_options(option), **chosen}, as_json=as_json)
        else:
            asked = {**chosen, "confirm": confirm, "reason": reason, "target": confirm_target}
            work = _run(snapshot, fingerprint, asked)
            report = run(until_stopped(work, snapshot, confirm, as_json=as_json))
            print_report(report, as_json=as_json)
            raise typer.Exit(report.exit_status)
        return
    _refuse_without_redrive(
        {
            "--fix": fix, "--set-header": set_header, "--remove-header": remove_header, "--origin": origin,
            "--rename-header": rename_header, "--option": option, "--confirm": confirm, "--accept-error": accept_error,
        }
    )  # fmt: skip
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.dead_letters(origins=dict(name_pairs("--origins", origins, "LETTERS=ORIGIN")))
        if look is not None:
            _look(found, look, as_json=as_json)
            return
    if found.note:
        say(found.note)
    columns: tuple[str, ...] = _GROUPS
    frame = found.groups
    if over_time is not None:
        columns, frame = _COUNTS, found.over_time(over_time)
    if fingerprint is not None:
        columns = _ROWS
        try:
            frame = found.sample(fingerprint, number)
        except KeyError as error:
            raise ConfigurationError(error.args[0]) from error
    print_rows(plain_rows(frame), columns, as_json=as_json, empty="No dead letter.")


def _look(found: DeadLetters, position: str, *, as_json: bool) -> None:
    try:
        letter = found.look(position)
    except KeyError as error:
        raise ConfigurationError(error.args[0]) from error
    if as_json:
        print_json(letter.to_json())
    else:
        print_text(repr(letter))


def _refuse_without_redrive(given: Mapping[str, object]) -> None:
    names = [name for name, value in given.items() if value]
    if names:
        verb = "is" if len(names) == 1 else "are"
        raise ConfigurationError(
            f"{', '.join(names)} {verb} for sending letters home. Add --redrive: it shows the plan and what a fix "
            "changes, and sends nothing without --confirm.",
        )


def _plan(snapshot: Path, fingerprint: str | None, given: dict[str, Any], *, as_json: bool) -> None:
    from workbench.session.procedures.kept_redrives import plan_redrive

    found, plan = run(plan_redrive(snapshot, fingerprint, **given))
    if not as_json:
        print_text(f"{found.summary}\n")
    show_plan(plan, same_command(plan.token), as_json=as_json)


async def _run(snapshot: Path, fingerprint: str | None, given: dict[str, Any]) -> ReplayReport:
    from workbench.session.procedures.kept_redrives import run_kept_redrive

    with progress_listener(to_terminal=sys.stderr.isatty()) as listener:
        return await run_kept_redrive(snapshot, fingerprint, progress=listener, **given)
