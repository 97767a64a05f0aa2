"""``workbench produce``: writes records from standard input or files to a topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.message_input import RecordForm, chunks_of, files_of
from workbench.cli.options import Broker, Reason
from workbench.cli.output import say
from workbench.cli.running import run
from workbench.text import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(produce)


def produce(
    topic: Annotated[str, typer.Argument(help="Topic to write to; it must exist (workbench topics create NAME).")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files, each the value of one record; with --lines a record a line.")
    ] = None,
    broker: Broker = None,
    key_delimiter: Annotated[
        str | None, typer.Option("--key-delimiter", "-K", help="What stands between key and value.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", "-k", help="Key of every record.")] = None,
    delimiter: Annotated[
        str, typer.Option("--delimiter", "-D", help=r"What ends a record: text, \n, \0, \xHH.")
    ] = r"\n",
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="Header as name=value, or a name alone for null; repeatable."),
    ] = None,
    partition: Annotated[
        int | None, typer.Option("--partition", "-p", min=0, help="Partition; by default the hash of the key decides.")
    ] = None,
    tombstones: Annotated[bool, typer.Option("--null", "-Z", help="Empty keys and values are null.")] = False,
    lines: Annotated[bool, typer.Option("--lines", "-l", help="Split files at the delimiter as well.")] = False,
    reason: Reason = None,
    confirm_target: Annotated[
        str | None, typer.Option("--confirm-target", help="Name of the topic, required if the cluster is protected.")
    ] = None,
    _produce: Annotated[bool, typer.Option("-P", help="Does nothing: kcat's switch for writing.")] = False,
) -> None:
    """Write records to a topic, one for each line of standard input.

    A cluster that is no development cluster needs --reason.
    """
    from workbench.session.procedures.writing import produce as write

    form = RecordForm.parse(
        topic, delimiter=delimiter, key_delimiter=key_delimiter, key=key, headers=header or [], partition=partition,
        tombstones=tombstones,
    )  # fmt: skip
    source = form.whole(files_of(files)) if files and not lines else form.split(chunks_of(files or []))
    count = run(write(broker, topic, source, reason=reason, target=confirm_target))
    say(f"{counted(count, 'record')} written to {topic}.")
