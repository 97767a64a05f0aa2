"""``workbench capture``: captures topics into a snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import exits
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Broker, End, Json, Registry, Topics, Uncommitted
from workbench.cli.output import print_json, print_rows, say
from workbench.cli.progress import progress_listener
from workbench.cli.running import run
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.feeds import Progress

_COLUMNS = (
    "topic",
    "partition",
    "from",
    "next",
    "end",
    "records",
    "without_envelope",
    "raw",
    "damaged",
    "missing",
    "compacted",
    "state",
    "reason",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(capture)


def capture(
    topics: Topics,
    into: Annotated[Path, typer.Option("--into", help="Snapshot file; created if it does not exist.")],
    broker: Broker = None,
    offset: Annotated[
        str, typer.Option("--offset", "-o", help="Where to start: start, 1200, -100, +100, @-15m, @TIME, group:NAME.")
    ] = "start",
    end: End = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Stop after this many records.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Continue with new records until interrupted.")] = False,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    schema_registry: Registry = None,
) -> None:
    """Capture topics into a snapshot, up to their present end; a second capture adds only new records.

    Exit code 3: a partition was not captured completely, or offsets of it are missing.
    """
    leave_pandas_out()
    from workbench.session.procedures.observing import capture_topics, newest_capture_rows

    states: set[str] = set()
    try:
        with progress_listener(to_terminal=sys.stderr.isatty()) as listener:

            def told(progress: Progress) -> None:
                states.add(progress.state)
                listener(progress)

            rows, notes = run(
                capture_topics(
                    broker,
                    topics,
                    into,
                    start=offset,
                    end=end,
                    limit=count,
                    follow=follow,
                    isolation="read_uncommitted" if uncommitted else "read_committed",
                    progress=told,
                    schema_registry=schema_registry,
                )
            )
    except typer.Exit:
        # Ctrl-C is the usual end of a capture that follows; what it stored until then is its result.
        if "stopped" in states:
            _show(newest_capture_rows(into), as_json=as_json)
        raise
    for note in notes:
        say(f"note: {visible(note, None)}")
    _show(rows, as_json=as_json)
    if any(row["state"] != "complete" for row in rows):
        raise typer.Exit(exits.INCOMPLETE)


def _show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print_json({"kind": "range", **row})
    else:
        print_rows(rows, _COLUMNS, as_json=False)
