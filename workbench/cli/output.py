"""Prints rows as a table, as JSON lines or as CSV. In a table, control characters are replaced by visible text.

Standard output that nobody reads any more goes to null, so that a command ends with the exit code of its work.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import typer

from workbench.cli.json_text import csv_cell, json_line
from workbench.text import json_visible, number_text, text_table, time_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CELL_CHARACTERS = 80
_NARROWEST = 12
"""Characters to which a text column is cut at most, where the table is wider than the terminal."""


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "") -> None:
    """Print the named columns of rows as a table, or every row with all its columns as a line of JSON."""
    if as_json:
        for row in rows:
            print_json(row)
        return
    print_table(columns, [[row.get(name) for name in columns] for row in rows], empty=empty)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str = "") -> None:
    """Print cells as a table that fits the terminal; without rows, print ``empty`` to standard error.

    Numbers have thousands separators in a terminal only: what a program reads are plain numbers.
    """
    if not rows:
        say(empty)
        return
    terminal = sys.stdout.isatty()
    numeric = [n for n in range(len(columns)) if all(_is_number(row[n]) for row in rows)]
    cells = [[_cell(value, separated=terminal) for value in row] for row in rows]
    print_text(fitted_table(columns, cells, numeric=numeric))


def fitted_table(columns: Sequence[str], cells: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """Write cells as `workbench.text.text_table` does; in a terminal at most as wide as that."""
    return (_fitted if sys.stdout.isatty() else text_table)(columns, cells, numeric=numeric)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object as a line of JSON; control characters are escaped where a terminal would obey them."""
    line = json_line(value).decode()
    print_text(json_visible(line) if sys.stdout.isatty() else line)


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV: nested values as JSON, bytes as text or ``base64:…``, an absent value as nothing."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    try:
        writer.writerow(columns)
        writer.writerows([csv_cell(value) for value in row] for row in rows)
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing()


def print_text(text: str) -> None:
    """Print text to standard output and a line feed."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        stop_writing()


def say(text: str) -> None:
    """Print a remark to standard error; nobody has to read it."""
    try:
        typer.echo(text, err=True)
    except BrokenPipeError:
        _to_null(sys.stderr)


def stop_writing() -> None:
    """Redirect standard output to null: otherwise Python reports the closed pipe when it flushes at exit."""
    _to_null(sys.stdout)


def _to_null(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fitted(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[int]) -> str:
    """Write a table as wide as the terminal; one row below the other where even narrow columns do not fit."""
    room = shutil.get_terminal_size().columns
    widths = [max(len(columns[n]), *(len(row[n]) for row in cells)) for n in range(len(columns))]
    texts = [n for n in range(len(columns)) if n not in numeric]
    excess = sum(widths) + 2 * (len(widths) - 1) - room
    while excess > 0 and texts:
        widest = max(texts, key=widths.__getitem__)
        least = max(_NARROWEST, len(columns[widest]))
        if widths[widest] <= least:
            break
        cut = min(excess, widths[widest] - least)
        widths[widest] -= cut
        excess -= cut
    if excess > 0:
        return _stacked(columns, cells)
    shown = [[_shortened(cell, widths[n]) if n in texts else cell for n, cell in enumerate(row)] for row in cells]
    return text_table(columns, shown, numeric=numeric)


def _shortened(cell: str, width: int) -> str:
    """Cut in the middle, because names that begin alike differ at their end."""
    head = (width - 1) // 3
    return cell if len(cell) <= width else f"{cell[:head]}…{cell[len(cell) - (width - 1 - head) :]}"


def _stacked(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    width = max(map(len, columns))
    blocks = [
        "\n".join(f"{name.ljust(width)}  {cell}".rstrip() for name, cell in zip(columns, row, strict=True))
        for row in cells
    ]
    return "\n\n".join(blocks)


def _cell(value: Any, *, separated: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number_text(value) if separated else str(value)
    if isinstance(value, float):
        return _fraction(value, separated=separated)
    if isinstance(value, bytes):
        return visible_bytes(value, CELL_CHARACTERS)
    if isinstance(value, datetime):
        text = time_text(value, precision="us" if value.microsecond % 1_000 else "ms")
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return visible(text, CELL_CHARACTERS)


def _fraction(value: float, *, separated: bool) -> str:
    if not separated or not math.isfinite(value):
        return repr(value)
    return f"{value:,.1f}" if abs(value) >= 1 or value == 0 else f"{value:.3g}"


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
