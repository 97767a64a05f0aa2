"""``workbench tail``: prints records in the terminal as they arrive."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.kcat import bounds, delimiter
from workbench.cli.options import Broker, End, Json, Registry, Uncommitted
from workbench.cli.output import say
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.cli.record_lines import Lines
    from workbench.model import Chunk

Offsets = Annotated[
    list[str] | None,
    typer.Option("--offset", "-o", help="Where to start: start, end, 1200, -100, +100, @-15m, @TIME, group:NAME."),
]
Count = Annotated[int | None, typer.Option("--count", "-n", "-c", min=1, help="Stop after this many records.")]
AtEnd = Annotated[bool, typer.Option("--exit", "-e", help="Stop at the present end of each partition.")]
Layout = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        help=r"Format: %t topic %p partition %o offset %k key %s value %T time %h headers, \n \t \0 \xHH.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tail)


def tail(  # noqa: PLR0913 - kcat has as many options
    topics: Annotated[list[str] | None, typer.Argument(help="Names, shell patterns, or ~regular expressions.")] = None,
    broker: Broker = None,
    offset: Offsets = None,
    end: End = None,
    count: Count = None,
    at_end: AtEnd = False,
    layout: Layout = None,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
    partition: Annotated[
        list[int] | None, typer.Option("--partition", "-p", min=0, help="Only this partition; repeatable.")
    ] = None,
    topic: Annotated[list[str] | None, typer.Option("--topic", "-t", help="A topic, as kcat has it.")] = None,
    between: Annotated[
        str | None, typer.Option("--delimiter", "-D", help="Print values and this after each, as kcat does.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no remarks.")] = False,
    schema_registry: Registry = None,
    via: Annotated[
        str, typer.Option("--via", help="kafka, or proxy: through Redpanda's HTTP proxy (no headers, no times).")
    ] = "kafka",
    _consume: Annotated[bool, typer.Option("-C", help="Does nothing: kcat's switch for reading.")] = False,
) -> None:
    """Print the records of topics as they arrive; joins no consumer group and commits nothing.

    Options are those of kcat -C: -t -p -o beginning -o s@1764300000000 -c -e -q -f -D -J.
    """
    wanted = [*(topics or ()), *(topic or ())]
    if not wanted:
        raise ConfigurationError("No topic is named: workbench tail orders, or workbench tail 'orders.*'.")
    if sum((layout is not None, as_json, between is not None)) > 1:
        raise ConfigurationError("Of --format, --json and --delimiter only one can be given.")
    start, stop = bounds(offset or [], end)
    show = _Printer(_lines(layout, between, as_json=as_json), count)
    from workbench.session.procedures.observing import follow_topics

    run(
        follow_topics(
            broker,
            wanted,
            show,
            start=start,
            end=stop,
            stop_at_end=at_end,
            isolation="read_uncommitted" if uncommitted else "read_committed",
            partitions=partition,
            note=None if quiet else _say,
            schema_registry=schema_registry,
            via=via,
        )
    )


def _say(note: str) -> None:
    say(visible(note, None))


def _lines(layout: str | None, between: str | None, *, as_json: bool) -> Lines:
    from workbench.cli import record_lines

    if as_json:
        return record_lines.json_lines
    if between is not None:
        return record_lines.layout_lines(f"%s{delimiter(between)}")
    return record_lines.short_lines if layout is None else record_lines.layout_lines(layout)


class _Printer:
    """Prints the records of chunks until enough are printed."""

    def __init__(self, lines: Lines, count: int | None) -> None:
        self._lines, self._left = lines, count

    def __call__(self, chunk: Chunk) -> bool:
        lines = list(islice(self._lines(chunk), self._left))
        sys.stdout.buffer.write(b"".join(lines))
        # Each chunk at once: who watches a pipe waits for the newest record.
        sys.stdout.buffer.flush()
        if self._left is not None:
            self._left -= len(lines)
        return self._left != 0
