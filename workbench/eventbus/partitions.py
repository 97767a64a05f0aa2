"""The Kafka side of the bus: topics, partitions, positions, offsets of groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.contract import decode_event
from workbench.errors import (
    GroupActiveError,
    OffsetOutOfRangeError,
    TopicExistsError,
    UnknownTopicError,
    ValidationError,
)
from workbench.model import Span, TopicPartition
from workbench.model.event import ConsumedEvent, EventMessage, UndecodableRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicInfo


class ConsumedEvents(list[EventMessage]):
    """The events of one bounded read; what could not be decoded stands beside them."""

    undecodable: list[UndecodableRecord]

    def __init__(self, entries: list[ConsumedEvent | UndecodableRecord]) -> None:
        super().__init__(entry for entry in entries if isinstance(entry, ConsumedEvent))
        self.undecodable = [entry for entry in entries if isinstance(entry, UndecodableRecord)]


@dataclass(frozen=True, slots=True)
class OffsetReset:
    """A guarded change of a group's offsets: what it would do, and how to undo it."""

    group_id: str
    before: Mapping[TopicPartition, int | None]
    after: Mapping[TopicPartition, int]
    done: bool = False
    clamped: tuple[TopicPartition, ...] = field(default=())
    """Partitions whose wish lay outside ``[low, end]``."""


async def create_topic(
    log: RecordLog,
    physical: str,
    partitions: int,
    replication_factor: int,
    config: dict[str, str] | None,
) -> bool:
    """Create a topic; True also when it exists in just this shape.

    Raises:
        TopicExistsError: It exists with other partitions, replication or given settings; ``difference`` names them.
    """
    try:
        await log.create_topic(
            physical,
            partitions=partitions,
            replication_factor=replication_factor,
            config=config,
        )
    except TopicExistsError as error:
        info = await topic(log, physical)
        wanted: dict[str, tuple[Any, Any]] = {
            "partitions": (len(info.partitions), partitions),
            "replication_factor": (info.replication_factor, replication_factor),
        }
        for name, value in (config or {}).items():
            found = info.config.get(name)
            wanted[name] = (found.value if found else None, value)
        difference = {name: pair for name, pair in wanted.items() if pair[0] != pair[1]}
        if difference:
            listed = ", ".join(f"{name} is {there!r}, not {asked!r}" for name, (there, asked) in difference.items())
            raise TopicExistsError(
                f"Topic {physical} exists in another shape: {listed}. It was left as it is; "
                "alter it explicitly or choose another name.",
                topic=physical,
                difference=difference,
            ) from error
    return True


async def topic(log: RecordLog, physical: str) -> TopicInfo:
    """Describe one topic that must exist.

    Raises:
        UnknownTopicError: It does not.
    """
    infos = await log.describe([physical])
    if not infos:
        raise UnknownTopicError(f"Topic {physical} does not exist. list_topics() names those that do.", topic=physical)
    return infos[0]


async def read_records(
    log: RecordLog,
    physical: str,
    partition: int,
    offset: int,
    max_records: int,
) -> list[ConsumedEvent | UndecodableRecord]:
    """Read up to ``max_records`` from ``offset`` on, bounded by the last stable offset at the call.

    Raises:
        OffsetOutOfRangeError: The offset lies below the log start or above the end.
        UnknownTopicError: The topic or partition does not exist.
        ValidationError: A number is negative.
    """
    numbers = {"partition": partition, "offset": offset, "max_messages": max_records}
    faults = [name for name, number in numbers.items() if number < 0]
    if faults:
        raise ValidationError(
            f"{' and '.join(faults)} must not be negative.",
            errors=[(name, "is negative", "int") for name in faults],
        )
    place = TopicPartition(physical, partition)
    low = (await log.offsets([place], "earliest"))[place] or 0
    end = (await log.offsets([place], "latest", isolation="read_committed"))[place] or 0
    if not low <= offset <= end:
        raise OffsetOutOfRangeError(
            f"{place} holds offsets {low} to {end}; {offset} lies outside; start at {low} or above.",
            topic=physical,
            partition=partition,
            offset=offset,
            low=low,
            high=end,
        )
    entries: list[ConsumedEvent | UndecodableRecord] = []
    async with log.reader([Span(physical, partition, offset, end)]) as reader:
        while not reader.done and len(entries) < max_records:
            for chunk in await reader.read():
                entries.extend(decode_event(record) for record in chunk.rows())
    return entries[:max_records]


async def lag_of(log: RecordLog, group_id: str) -> dict[TopicPartition, int | None]:
    """Offsets between what a group committed and the high watermark; committed is read before the ends."""
    committed = await log.committed(group_id)
    ends = await log.offsets(list(committed), "latest", isolation="read_uncommitted")
    return {p: None if ends[p] is None else max(0, (ends[p] or 0) - stored.offset) for p, stored in committed.items()}


async def plan_reset(log: RecordLog, group_id: str, wanted: Mapping[TopicPartition, int]) -> OffsetReset:
    """Say what a reset would change: the dry run, and afterwards the way back."""
    committed = await log.committed(group_id)
    low = await log.offsets(list(wanted), "earliest")
    end = await log.offsets(list(wanted), "latest", isolation="read_uncommitted")
    after = {p: min(max(offset, low[p] or 0), end[p] or 0) for p, offset in wanted.items()}
    return OffsetReset(
        group_id,
        {p: committed[p].offset if p in committed else None for p in wanted},
        after,
        clamped=tuple(p for p in wanted if after[p] != wanted[p]),
    )


async def run_reset(log: RecordLog, plan: OffsetReset) -> OffsetReset:
    """Commit a planned reset and read it back.

    Raises:
        GroupActiveError: The group has members; nothing was changed.
    """
    described = (await log.describe_groups([plan.group_id]))[0]
    if described.members or described.state not in {"Empty", "Dead"}:
        raise GroupActiveError(
            f"Group {plan.group_id} is {described.state} with {len(described.members)} members; "
            "stop its consumers before its offsets are reset.",
            group_id=plan.group_id,
            members=[member.client_id for member in described.members],
        )
    await log.commit_offsets(plan.group_id, plan.after)
    stored = await log.committed(plan.group_id)
    kept = all(p in stored and stored[p].offset == offset for p, offset in plan.after.items())
    return OffsetReset(plan.group_id, plan.before, plan.after, done=kept, clamped=plan.clamped)
