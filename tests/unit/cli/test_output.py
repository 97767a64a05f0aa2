"""Tables fit the terminal, and numbers for programs have no separators."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from workbench.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Callable

TYPES = ["com.example.orders.very.long.names.OrderPlaced", "com.example.orders.very.long.names.OrderPaid"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Run a function with a terminal of 80 columns as its standard output, and return what it wrote."""

    def written(show: Callable[..., None], *arguments: object) -> str:
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setenv("COLUMNS", "80")
        show(*arguments)
        return screen.getvalue()

    return written


def test_a_wide_table_fits_the_terminal_and_names_stay_different(terminal):
    rows = [[TYPES[0], 1234567, "x" * 60], [TYPES[1], 2, None]]
    lines = terminal(print_table, ["type", "n", "other"], rows).splitlines()
    assert max(map(len, lines)) <= 80
    assert "1,234,567" in lines[2]
    assert lines[2].split()[0] != lines[3].split()[0]
    assert lines[2].split()[0].endswith("OrderPlaced")


def test_a_table_with_too_many_columns_is_stacked(terminal):
    shown = terminal(print_table, [f"column_number_{n}" for n in range(9)], [list(range(9))])
    assert shown.splitlines()[0] == "column_number_0  0"


def test_hostile_json_in_a_terminal_is_escaped(terminal):
    assert terminal(print_json, {"a": "\u202e\x9b"}) == '{"a":"\\u202e\\u009b"}\n'


def test_a_time_in_a_table_is_written_like_every_other(capsys):
    at = datetime(2026, 11, 29, 22, 57, 50, 563_000, tzinfo=UTC)
    print_table(["t"], [[at], [at + timedelta(microseconds=7)]])
    assert capsys.readouterr().out.splitlines()[2:] == ["2026-11-29 22:57:50.563Z", "2026-11-29 22:57:50.563007Z"]


def test_a_pipe_gets_plain_numbers(capsys):
    print_table(["n", "f"], [[1234567, 1234.5], [None, float("nan")]])
    assert capsys.readouterr().out.splitlines()[2].split() == ["1234567", "1234.5"]
