"""``workbench act``: changes topics, settings, records and group offsets, once planned, shown and typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import exits
from workbench.cli.options import Broker, Json, Reason
from workbench.cli.output import print_json, print_text, say
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.acts.act import Act
    from workbench.session.cluster_acts import ClusterActs

Topic = Annotated[str, typer.Argument(help="Name of the topic.")]
Group = Annotated[str, typer.Argument(help="Id of the group.")]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", help="The name of the topic or group, typed: runs it. Without it, only plans."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", help="Setting as name=value; name= takes it back to its default; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Change a cluster: each act is planned and shown; --confirm NAME runs it, and the journal keeps it.",
    )
    for command in (
        create_topic,
        add_partitions,
        change_config,
        delete_records,
        delete_topic,
        produce,
        reset_offsets,
        delete_group,
        undo,
    ):
        group.command(command.__name__.replace("_", "-"))(command)
    app.add_typer(group, name="act")


def create_topic(
    topic: Topic,
    broker: Broker = None,
    partitions: Annotated[int, typer.Option("--partitions", "-p", min=1, help="Number of partitions.")] = 1,
    replicas: Annotated[int, typer.Option("--replicas", "-r", min=1, help="Copies of each partition.")] = 1,
    config: Settings = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Make a topic."""
    settings = {name: value or "" for name, value in _settings(config).items()}
    _act(
        broker,
        lambda acts: acts.create_topic(topic, partitions=partitions, replication_factor=replicas, config=settings),
        confirm,
        reason,
        as_json=as_json,
    )


def add_partitions(
    topic: Topic,
    total: Annotated[int, typer.Argument(min=1, help="How many it shall have.")],
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Add partitions to a topic."""
    _act(broker, lambda acts: acts.add_partitions(topic, total), confirm, reason, as_json=as_json)


def change_config(
    topic: Topic,
    config: Settings = None,
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Change settings of a topic."""
    wanted = _settings(config)
    if not wanted:
        raise ConfigurationError("No setting is named: --config retention.ms=86400000.")
    _act(broker, lambda acts: acts.change_config(topic, wanted), confirm, reason, as_json=as_json)


def delete_records(
    topic: Topic,
    before: Annotated[str, typer.Option("--before", help="Bound in each partition: 1200, -100, @-7d, @TIME, end.")],
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Delete the records of a topic before a bound."""
    _act(broker, lambda acts: acts.delete_records(topic, before), confirm, reason, as_json=as_json)


def delete_topic(
    topic: Topic,
    broker: Broker = None,
    accept_groups: Annotated[
        bool, typer.Option("--accept-groups", help="Although active groups read the topic.")
    ] = False,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Delete a topic with its records."""
    _act(broker, lambda acts: acts.delete_topic(topic, accept_groups=accept_groups), confirm, reason, as_json=as_json)


def produce(
    topic: Topic,
    like: Annotated[
        str | None,
        typer.Option("--like", help="Copy this record, topic/partition@offset; what you give replaces its own."),
    ] = None,
    key: Annotated[str | None, typer.Option("--key", "-k", help="Key.")] = None,
    value: Annotated[str | None, typer.Option("--value", help="Value, as text.")] = None,
    value_file: Annotated[Path | None, typer.Option("--value-file", help="File whose bytes are the value.")] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="Header as name=value; repeatable.")
    ] = None,
    partition: Annotated[int | None, typer.Option("--partition", "-p", min=0, help="Partition.")] = None,
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Write one record, or a copy of one with changes; without a value it is a tombstone."""
    if value is not None and value_file is not None:
        raise ConfigurationError("Give --value or --value-file, not both.")
    given: dict[str, Any] = {"partition": partition}
    if key is not None:
        given["key"] = key.encode()
    if value is not None or value_file is not None:
        given["value"] = value.encode() if value is not None else _content(value_file)
    if header:
        given["headers"] = tuple(_header(text) for text in header)
    if like is None:
        _act(broker, lambda acts: acts.produce(topic, **given), confirm, reason, as_json=as_json)
    else:
        _act(broker, lambda acts: acts.produce_like(like, topic, **given), confirm, reason, as_json=as_json)


def reset_offsets(
    group: Group,
    to: Annotated[str, typer.Option("--to", help="start, end, 1200, -100, @-15m, @TIME, group:OTHER.")],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", "-t", help="Topic; by default all with offsets; repeatable.")
    ] = None,
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Set the offsets of a group without members."""
    _act(broker, lambda acts: acts.reset_offsets(group, to, topics=topic or None), confirm, reason, as_json=as_json)


def delete_group(
    group: Group,
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Delete a group without members, with its offsets."""
    _act(broker, lambda acts: acts.delete_group(group), confirm, reason, as_json=as_json)


def undo(
    operation: Annotated[str, typer.Argument(help="Operation id of the act, as it was printed.")],
    broker: Broker = None,
    confirm: Confirm = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Take an act back: a setting, a topic that was made, offsets."""
    _act(broker, lambda acts: acts.undo(operation), confirm, reason, as_json=as_json)


def _act(
    broker: str | None,
    plan: Callable[[ClusterActs], Awaitable[Act]],
    confirm: str | None,
    reason: str | None,
    *,
    as_json: bool,
) -> None:
    from workbench.session.procedures.acting import plan_or_run

    refused: list[str] = []

    def show(act: Act) -> None:
        refused.extend(act.refusals)
        if as_json:
            print_json(_row(act))
        else:
            print_text(repr(act) if confirm is None else act.text())

    report = run(plan_or_run(broker, plan, confirm=confirm, reason=reason, show=show))
    if report is not None:
        if as_json:
            print_json({"kind": "report", "operation": report.operation_id, "result": report.result})
        say(f"{visible(report.result, None)}; operation {report.operation_id}")
    elif refused:
        raise typer.Exit(exits.REFUSED)
    else:
        say("To run it, add --confirm and the name.")


def _row(act: Act) -> dict[str, Any]:
    planned = act.planned
    return {
        "kind": "plan",
        "action": act.action,
        "target": act.target,
        "changes": [{"what": one.what, "before": one.before, "after": one.after} for one in planned.changes],
        "warnings": list(planned.warnings),
        "refusals": list(planned.refusals),
        "undo": None if planned.undo is None else planned.undo.action,
    }


def _content(file: Path | None) -> bytes:
    try:
        return b"" if file is None else file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def _header(text: str) -> tuple[bytes, bytes | None]:
    name, found, value = text.partition("=")
    return name.encode(), value.encode() if found else None


def _settings(config: list[str] | None) -> dict[str, str | None]:
    settings: dict[str, str | None] = {}
    for text in config or []:
        name, found, value = text.partition("=")
        if not found:
            raise ConfigurationError(f"--config {text!r} is not written as name=value.")
        settings[name] = value or None
    return settings
