"""``workbench spans``: opens spans of other tools, CSV or Parquet, and asks them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.answers import print_answer
from workbench.cli.forms import AsSvg, print_form, refuse_several
from workbench.cli.options import Csv, Json
from workbench.cli.output import print_json, print_text
from workbench.cli.pictures import By, Layout, picture_options
from workbench.cli.shown import patterns, print_shown
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.cli.shown import Answers
    from workbench.tracing.trace import Trace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(spans)


def spans(
    files: Annotated[list[Path], typer.Argument(help="Jaeger, Zipkin or OTLP files, CSV or Parquet; .gz too.")],
    trace_id: Annotated[str | None, typer.Option("--trace-id", "-t", help="Only this trace.")] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="Of a table: ROLE=COLUMN, such as span=id or parent=cause.")
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            help="tree, flows, path, findings, map, variants, follows (which types follow each other in time), "
            "profile (how long hops take), waiting, unfinished, clock, sequence, mermaid or otlp.",
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            "--query", "-q", help="Spans that answer a query (docs/tracing.md 7); of these, what --show says."
        ),
    ] = None,
    layout: Layout = None,
    by: By = None,
    as_json: Json = False,
    svg: AsSvg = False,
    csv: Csv = False,
) -> None:
    """Print the tree of spans, their traces, what a caller waited for, what is wrong with them, or a picture."""
    from workbench.session import open_trace

    refuse_several(json=as_json, svg=svg, csv=csv)
    options = picture_options(layout, by, svg=svg, mermaid=False)
    if svg and show is not None:
        raise ConfigurationError("--svg draws the spans: choose the picture by --layout, without --show.")
    trace = open_trace(files, columns=_columns(column))
    if trace_id is not None:
        trace = trace.select(trace_id=trace_id)
    found = None if query is None else trace.query(query)
    if found is not None and show is None and not svg:
        if not print_form(found, csv=csv):
            print_answer(found, as_json=as_json)
        return
    trace = trace if found is None else found.trace
    if svg:
        print_text(trace.svg(**options))
    else:
        _print(trace, show or "tree", as_json=as_json, csv=csv)


def _print(trace: Trace, show: str, *, as_json: bool, csv: bool) -> None:
    from workbench.session.frames import plain_rows

    answers: Answers = {
        "flows": trace.flows,
        "path": trace.critical_path,
        "findings": trace.findings,
        "map": trace.type_map,
        **patterns(trace),
        "unfinished": trace.unfinished,
        "clock": trace.clock,
        "sequence": trace.sequence,
    }
    texts: dict[str, Callable[[], str]] = {
        "tree": trace.tree,
        "mermaid": lambda: trace.sequence().mermaid(),
        "otlp": trace.otlp,
    }
    if show == "tree" and csv:
        print_form(trace, csv=csv)
    elif show == "tree" and as_json:
        for row in plain_rows(trace.frame):
            print_json(row)
    elif show in texts:
        print_text(texts[show]())
    else:
        print_shown(answers, show, as_json=as_json, csv=csv, others=texts)


def _columns(given: list[str] | None) -> dict[str, str] | None:
    if not given:
        return None
    pairs = [one.partition("=") for one in given]
    if wrong := [role for role, equals, _ in pairs if not equals]:
        raise ConfigurationError(f"--column {wrong[0]} has no '='. Write ROLE=COLUMN, such as span=id.")
    return {role: name for role, _, name in pairs}
