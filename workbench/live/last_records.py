"""Finds where the last records of a partition begin: not every offset holds a record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Isolation, Span

_WIDENING = 4
"""How many times more offsets are looked at where there were too few records."""
_LEAST_OFFSETS = 64


async def start_at_last_records(
    log: RecordLog,
    spans: Sequence[Span],
    count: int,
    ends: Mapping[TopicPartition, int],
    *,
    isolation: Isolation,
) -> list[Span]:
    """Move the start of each span so that ``count`` records lie between it and the end of the log.

    Markers of transactions, aborted records and offsets that compaction removed are passed over; where a partition has
    fewer records the span starts at its first one.

    Args:
        log: An open record log.
        spans: Spans of which each begins ``count`` offsets before the end, or at the log start.
        count: Records wanted of each partition.
        ends: End of each log.
        isolation: Isolation level of the reads.
    """
    if not count:
        return list(spans)
    begins = await log.offsets([_name(span) for span in spans], "earliest", isolation=isolation)
    found: dict[TopicPartition, int] = {}
    starts = {_name(span): span.start for span in spans}
    width = count
    while waiting := [span for span in spans if _name(span) not in found]:
        looked = [replace(span, start=starts[_name(span)], stop=ends[_name(span)]) for span in waiting]
        offsets = await _offsets(log, looked, isolation)
        # Most offsets hold a record; where they do not, each look is some times wider than the last.
        width = max(width * _WIDENING, _LEAST_OFFSETS)
        for span in waiting:
            name, low = _name(span), begins[_name(span)] or 0
            held = offsets.get(name, [])
            if len(held) >= count:
                found[name] = held[-count]
            elif starts[name] <= low:
                found[name] = starts[name]
            else:
                starts[name] = max(low, ends[name] - width)
    return [replace(span, start=found[_name(span)]) for span in spans]


async def _offsets(log: RecordLog, spans: Sequence[Span], isolation: Isolation) -> dict[TopicPartition, list[int]]:
    held: dict[TopicPartition, list[int]] = {}
    async with log.reader([span for span in spans if span.start < (span.stop or 0)], isolation=isolation) as reader:
        while not reader.done:
            for chunk in await reader.read():
                column = chunk.records.column("offset")
                held.setdefault(TopicPartition(chunk.topic, chunk.partition), []).extend(column.to_pylist())
    return held


def _name(span: Span) -> TopicPartition:
    return TopicPartition(span.topic, span.partition)
