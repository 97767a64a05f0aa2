"""``workbench search``: finds records in live topics, without storing anything but what matches."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import exits
from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Broker, End, Json, Registry, Topics, Uncommitted
from workbench.cli.output import print_json, print_rows, say
from workbench.cli.progress import progress_listener
from workbench.cli.running import run
from workbench.text import visible

_COLUMNS = ("topic", "partition", "from", "position", "end", "scanned", "matched", "remaining", "undecoded", "missing")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


def search(  # noqa: PLR0913 - as many as a search has
    topics: Topics,
    broker: Broker = None,
    where: Annotated[
        str | None, typer.Option("--where", "-w", help="Condition in SQL, such as \"payload->>'state' = 'failed'\".")
    ] = None,
    words: Annotated[
        str | None, typer.Option("--words", help="Words that must all occur in key, value or headers.")
    ] = None,
    regex: Annotated[str | None, typer.Option("--regex", help="Regular expression for key, value or a header.")] = None,
    key: Annotated[str | None, typer.Option("--key", "-k", help="The key, exactly; reads its partition only.")] = None,
    offset: Annotated[
        str, typer.Option("--offset", "-o", help="Where to start: start, 1200, -100, +100, @-15m, @TIME, group:NAME.")
    ] = "start",
    end: End = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Stop after this many records.")] = 10_000,
    newest: Annotated[bool, typer.Option("--newest", help="Walk from the end back to the start.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", help="Also store what was found in this snapshot file.")
    ] = None,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    schema_registry: Registry = None,
) -> None:
    """Search live topics; records are printed when they are found, joins no consumer group and commits nothing.

    Exit code 3: the search did not get through all records between the bounds, and says why.
    """
    leave_pandas_out()
    from workbench.cli.record_lines import json_lines, short_lines
    from workbench.session.procedures.observing import search_topics

    lines = json_lines if as_json else short_lines

    def show(chunk: Any) -> None:
        sys.stdout.buffer.write(b"".join(lines(chunk)))
        sys.stdout.buffer.flush()

    with progress_listener(to_terminal=sys.stderr.isatty()) as listener:
        found = run(
            search_topics(
                broker,
                topics,
                show,
                into=into,
                schema_registry=schema_registry,
                where=where,
                words=words,
                regex=regex,
                key=key,
                start=offset,
                end=end or "end",
                limit=count,
                newest_first=newest,
                isolation="read_uncommitted" if uncommitted else "read_committed",
                progress=listener,
            )
        )
    for note in found.notes:
        say(f"note: {visible(note, None)}")
    if as_json:
        for row in found.provenance():
            print_json({"kind": "range", **row})
    else:
        print_rows(found.provenance(), _COLUMNS, as_json=False)
    say(visible(found.ended, None))
    if not found.complete:
        raise typer.Exit(exits.INCOMPLETE)
