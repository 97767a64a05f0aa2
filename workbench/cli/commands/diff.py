"""``workbench diff``: compares two flows, or all flows of two snapshots."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import AsMermaid, AsSvg, print_form, refuse_several
from workbench.cli.options import Csv, Json, SnapshotFile
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diff)


def diff(
    snapshot: SnapshotFile,
    a: Annotated[list[str] | None, typer.Option("--a", "-a", help="Correlation id of the one side; repeat it.")] = None,
    b: Annotated[list[str] | None, typer.Option("--b", "-b", help="Correlation id of the other side.")] = None,
    other: Annotated[
        Path | None, typer.Option("--other", help="Another snapshot, whose flows are the other side.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="What tells events apart: event_type (default), source, or both; repeat it."),
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Path of payloads not to compare.")] = None,
    as_json: Json = False,
    svg: AsSvg = False,
    csv: Csv = False,
    mermaid: AsMermaid = False,
) -> None:
    """Say how flows differ: events added or missing, hops slower or faster, payloads changed."""
    if (other is None) != bool(a and b) or (other is not None and (a or b)):
        raise ConfigurationError("Give --a and --b, correlation ids of this snapshot, or --other, another snapshot.")
    refuse_several(json=as_json, svg=svg, csv=csv, mermaid=mermaid)
    options: dict[str, Any] = {"label": label or ("event_type",), "ignore": ignore or ()}
    with ExitStack() as files:
        snap = files.enter_context(opened(snapshot))
        if other is None:
            found = snap.diff(_side(a), _side(b), **options)
        else:
            found = snap.diff(snap.graph, files.enter_context(opened(other)).graph, **options)
        if not print_form(found, svg=svg, csv=csv, mermaid=mermaid):
            print_answer(found, as_json=as_json)


def _side(ids: list[str] | None) -> str | list[str]:
    given = ids or []
    return given[0] if len(given) == 1 else given
