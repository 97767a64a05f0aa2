"""``workbench tail``: prints records in the terminal as they arrive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Broker, End, Json, Offset, Topics, Uncommitted
from workbench.cli.output import print_json
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import clock_text, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.model import Record

_TOKEN = re.compile(r"%[tpokKsSTh%]|\\[nrt\\]")
_ESCAPES = {r"\n": "\n", r"\r": "\r", r"\t": "\t", "\\\\": "\\"}
_VALUE_CHARACTERS = 200


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tail)


def tail(
    topics: Topics,
    broker: Broker = None,
    offset: Offset = "end",
    end: End = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Stop after this many records.")] = None,
    at_end: Annotated[bool, typer.Option("--exit", "-e", help="Stop at the present end of each partition.")] = False,
    layout: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", help=r"Format: %t topic %p partition %o offset %k key %s value %T time %h headers \n."
        ),
    ] = None,
    as_json: Json = False,
    uncommitted: Uncommitted = False,
) -> None:
    """Print the records of topics as they arrive; joins no consumer group and commits nothing."""
    if layout is not None and as_json:
        raise ConfigurationError("--format and --json exclude each other.")
    show = _as_json if as_json else _formatted(layout) if layout is not None else _line
    run(_follow(topics, broker, offset, end, count, show, at_end=at_end, uncommitted=uncommitted))


async def _follow(
    topics: list[str],
    broker: str | None,
    offset: str,
    end: str | None,
    count: int | None,
    show: Callable[[Record], None],
    *,
    at_end: bool,
    uncommitted: bool,
) -> None:
    from contextlib import aclosing

    from workbench.session import connect

    async with await connect(broker) as cluster:
        records = cluster.records(
            topics,
            start=offset,
            end=end,
            stop_at_end=at_end,
            isolation="read_uncommitted" if uncommitted else "read_committed",
        )
        async with aclosing(records):
            shown = 0
            async for record in records:
                show(record)
                shown += 1
                if shown == count:
                    return


def _as_json(record: Record) -> None:
    from workbench.cli.records import as_json

    print_json(as_json(record))


def _line(record: Record) -> None:
    at = clock_text(None if record.timestamp_ms == -1 else record.timestamp_ms)
    key, value = visible_bytes(record.key, 40), visible_bytes(record.value, _VALUE_CHARACTERS)
    typer.echo(f"{at} {record.position} {key} {value}")


def _formatted(layout: str) -> Callable[[Record], None]:
    def show(record: Record) -> None:
        typer.echo(_TOKEN.sub(lambda found: _ESCAPES.get(found[0]) or _part(record, found[0][1]), layout), nl=False)

    return show


def _part(record: Record, letter: str) -> str:
    headers = ",".join(f"{visible_bytes(name, None)}={visible_bytes(text, None)}" for name, text in record.headers)
    parts = {
        "t": record.topic,
        "p": str(record.partition),
        "o": str(record.offset),
        "T": str(record.timestamp_ms),
        "k": _text(record.key),
        "K": _length(record.key),
        "s": _text(record.value),
        "S": _length(record.value),
        "h": headers,
        "%": "%",
    }
    return parts[letter]


def _text(raw: bytes | None) -> str:
    return "" if raw is None else visible_bytes(raw, None)


def _length(raw: bytes | None) -> str:
    return str(-1 if raw is None else len(raw))
