"""Prints rows as a table or as JSON lines. In a table, control characters are replaced by visible text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from workbench.text import number_text, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CELL_CHARACTERS = 80


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "") -> None:
    """Print the named columns of rows as a table, or every row with all its columns as a line of JSON."""
    rows = list(rows)
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not rows:
        typer.echo(empty, err=True)
        return
    numeric = [n for n, name in enumerate(columns) if all(_is_number(row.get(name)) for row in rows)]
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    typer.echo(text_table(columns, cells, numeric=numeric))


def print_json(value: Any) -> None:
    """Print one value as a line of JSON; values of types that JSON does not have are written as text."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=False))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number_text(value)
    if isinstance(value, float):
        return f"{value:,.1f}"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return visible(text, CELL_CHARACTERS)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
