"""``workbench topics``: lists topics; ``workbench topics create`` makes one."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.default_command import group_with_default
from workbench.cli.options import Broker, Json, Reason, SomeTopics
from workbench.cli.output import print_rows, say
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import counted, visible

_COLUMNS = ("topic", "partitions", "begin", "end", "records_at_most", "records_per_s", "groups", "cleanup_policy")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        cls=group_with_default("list"),
        help="List topics: workbench topics [PATTERN]…; or make one: workbench topics create NAME.",
    )
    group.command("list")(list_them)
    group.command("create")(create)
    app.add_typer(group, name="topics")


def list_them(patterns: SomeTopics = None, broker: Broker = None, as_json: Json = False) -> None:
    """List topics: partitions, offsets, an upper bound of the records, rate in the last minute, consumer groups."""
    from workbench.session.procedures.observing import list_topics

    listing = run(list_topics(broker, patterns or ["*"]))
    print_rows(listing.rows, _COLUMNS, as_json=as_json, empty="There is no topic.")
    if listing.replay_topics:
        hidden = counted(listing.replay_topics, "topic")
        say(f"Left out: {hidden} made by replays; workbench topics '*.replay.*' lists them.")


def create(
    topic: Annotated[str, typer.Argument(help="Name of the topic.")],
    broker: Broker = None,
    partitions: Annotated[int, typer.Option("--partitions", "-p", min=1, help="Number of partitions.")] = 1,
    replicas: Annotated[int, typer.Option("--replicas", "-r", min=1, help="Copies of each partition.")] = 1,
    config: Annotated[
        list[str] | None,
        typer.Option("--config", "-c", help="Setting as name=value, such as cleanup.policy=compact; repeatable."),
    ] = None,
    reason: Reason = None,
) -> None:
    """Make a topic. A cluster that is no development cluster needs --reason."""
    from workbench.session.procedures.writing import create_topic

    settings = {}
    for text in config or []:
        name, found, value = text.partition("=")
        if not found:
            raise ConfigurationError(f"--config {text!r} is not written as name=value.")
        settings[name] = value
    run(create_topic(broker, topic, partitions=partitions, replicas=replicas, config=settings, reason=reason))
    say(visible(f"{topic} was made with {counted(partitions, 'partition')}.", None))
