"""``workbench compare``: says how one snapshot differs from another, or some events from others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.output import fitted_table, print_json, print_text
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)


def compare(
    before: SnapshotFile,
    after: Annotated[Path | None, typer.Argument(help="The later snapshot; left out with --a.")] = None,
    a: Annotated[
        str | None, typer.Option("--a", "-a", help="SQL condition over events: what is different about these events?")
    ] = None,
    b: Annotated[
        str | None, typer.Option("--b", "-b", help="The events to compare them with; default: the rest.")
    ] = None,
    traces: Annotated[
        bool, typer.Option("--traces", help="With --a: compare whole flows that have such events.")
    ] = False,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="With --a: attribute to leave out.")] = None,
    topic: Annotated[list[str] | None, typer.Option("--topic", "-t", help="Only this topic; repeatable.")] = None,
    as_json: Json = False,
    csv: Csv = False,
) -> None:
    """Compare two snapshots (keys, shares of types, fields), or events of one by their attributes with --a and --b."""
    refuse_several(json=as_json, csv=csv)
    if (a is None) == (after is None):
        raise ConfigurationError("Give two snapshots, or one snapshot and --a with a condition over its events.")
    if a is not None:
        with opened(before) as snap:
            rows = "traces" if traces else "events"
            answer = snap.compare(a, b, rows=rows, exclude=exclude or ())
            if not print_form(answer, csv=csv):
                print_answer(answer, as_json=as_json)
        return
    if after is None or csv or traces or b is not None or exclude:
        raise ConfigurationError("--b, --traces, --exclude and --csv go with --a.")
    from workbench.session.comparing import compare as compare_snapshots

    with opened(before) as first, opened(after) as second:
        found = compare_snapshots(first, second, topics=topic or None)
    if as_json:
        for row in found.rows():
            print_json(row)
    else:
        print_text(found.text(fitted_table))
