"""``workbench page``: prints one page of records of live topics, from any bound and in either direction."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from workbench.cli.lazy_pandas import leave_pandas_out
from workbench.cli.options import Broker, Json, Registry, Uncommitted
from workbench.cli.output import say
from workbench.cli.running import run
from workbench.text import counted, is_position, number_text, visible

_SHOWN = 12
"""Partitions of which the offsets of the page are told."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(page)


def page(
    topics: Annotated[
        list[str], typer.Argument(help="Names, shell patterns, ~regular expressions; or a position, orders/3@1842.")
    ],
    broker: Broker = None,
    offset: Annotated[
        str | None, typer.Option("--offset", "-o", help="Where the page begins: start, 1200, -100, @-15m, @TIME.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="Where the page ends, exclusive; by default the end of the topics.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="Records of the page.")] = 20,
    partition: Annotated[int | None, typer.Option("--partition", "-p", min=0, help="Only this partition.")] = None,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    schema_registry: Registry = None,
) -> None:
    """Print a page of records, merged by time: the newest ones, those from --offset on, or those --before a bound."""
    leave_pandas_out()
    from workbench.cli.record_lines import json_lines, short_lines
    from workbench.session.procedures.browsing import read_page

    lines = json_lines if as_json else short_lines

    def show(chunk: Any) -> None:
        sys.stdout.buffer.write(b"".join(lines(chunk)))

    at_record = len(topics) == 1 and is_position(topics[0])
    end = before if before is not None or offset is not None or at_record else "end"
    found, begins, ends = run(
        read_page(
            broker,
            topics[0] if at_record else topics,
            show,
            schema_registry=schema_registry,
            start=offset,
            end=end,
            count=count,
            partition=partition,
            isolation="read_uncommitted" if uncommitted else "read_committed",
        )
    )
    sys.stdout.buffer.flush()
    moved = [name for name in begins if ends[name] > begins[name]]
    for name in moved[:_SHOWN]:
        say(visible(f"{name}: offsets {begins[name]} to {ends[name] - 1}", None))
    more = f" of {number_text(len(moved))} partitions" if len(moved) > _SHOWN else ""
    say(f"{counted(found, 'record')}{more}")
