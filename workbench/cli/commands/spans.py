"""``workbench spans``: opens spans of other tools, CSV or Parquet, and asks them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.answers import Answered, print_answer
from workbench.cli.options import Json
from workbench.cli.output import print_json, print_text
from workbench.errors import ConfigurationError


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
        str, typer.Option("--show", help="tree, path, findings, map, variants, sequence, mermaid or otlp.")
    ] = "tree",
    as_json: Json = False,
) -> None:
    """Print the tree of spans, what a caller waited for, or what is wrong with them."""
    from workbench.session import open_trace
    from workbench.session.frames import plain_rows

    trace = open_trace(files, columns=_columns(column))
    if trace_id is not None:
        trace = trace.select(trace_id=trace_id)
    answers: dict[str, Callable[[], Answered]] = {
        "path": trace.critical_path,
        "findings": trace.findings,
        "map": trace.type_map,
        "variants": trace.variants,
        "sequence": trace.sequence,
    }
    if show in answers:
        print_answer(answers[show](), as_json=as_json)
    elif show == "tree" and as_json:
        for row in plain_rows(trace.frame):
            print_json(row)
    elif show in ("tree", "mermaid", "otlp"):
        texts: dict[str, Callable[[], str]] = {
            "tree": trace.tree,
            "mermaid": lambda: trace.sequence().mermaid(),
            "otlp": trace.otlp,
        }
        print_text(texts[show]())
    else:
        known = ", ".join(["tree", *answers, "mermaid", "otlp"])
        raise ConfigurationError(f"--show {show} is not known. Choose {known}.")


def _columns(given: list[str] | None) -> dict[str, str] | None:
    if not given:
        return None
    pairs = [one.partition("=") for one in given]
    if wrong := [role for role, equals, _ in pairs if not equals]:
        raise ConfigurationError(f"--column {wrong[0]} has no '='. Write ROLE=COLUMN, such as span=id.")
    return {role: name for role, _, name in pairs}
