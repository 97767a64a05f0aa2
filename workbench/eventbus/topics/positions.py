"""Reads events by position, up to the end at the call and without a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.conventions.contract import decode_event
from workbench.errors import OffsetOutOfRangeError, ValidationError
from workbench.model import Span, TopicPartition
from workbench.model.events.event import ConsumedEvent, EventMessage, UndecodableRecord

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog


class ConsumedEvents(list[EventMessage]):
    """The events of one bounded read; records that could not be decoded are in ``undecodable``."""

    undecodable: list[UndecodableRecord]

    def __init__(self, entries: list[ConsumedEvent | UndecodableRecord]) -> None:
        super().__init__(entry for entry in entries if isinstance(entry, ConsumedEvent))
        self.undecodable = [entry for entry in entries if isinstance(entry, UndecodableRecord)]


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
