"""Walks a window of partitions back from its end, in steps of time, so that the newest records come first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.bus.protocols import AtTime
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Isolation, Span

FIRST_MS = 60_000
LEAST_MS = 1_000
MOST_OFFSETS = 500_000
"""Offsets of one step, of all partitions; a step is not made shorter than `LEAST_MS` for it."""
FEW_OFFSETS = 100_000
_SHORTER, _LONGER = 4, 2
_LONGER_WHERE_NOTHING_IS = 8


async def steps_back(
    log: RecordLog, spans: Sequence[Span], now_ms: int, *, isolation: Isolation
) -> AsyncIterator[list[Span]]:
    """Yield the parts of spans from the newest to the oldest; together they are the spans.

    A step is the records between two times, as the broker looks times up: the first offset at or after each. So a
    record whose timestamp is out of order may be in another step than its time says, and is in one of them.
    """
    left = [span for span in spans if span.stop is not None and span.start < span.stop]
    time_ms, width_ms = now_ms, FIRST_MS
    while left:
        step = await _step(log, left, time_ms - width_ms, isolation)
        count = sum((span.stop or 0) - span.start for span in step)
        if count > MOST_OFFSETS and width_ms > LEAST_MS:
            width_ms = max(width_ms // _SHORTER, LEAST_MS)
            continue
        time_ms -= width_ms
        if count:
            yield [span for span in step if span.start < (span.stop or 0)]
        left = [
            replace(span, stop=taken.start) for span, taken in zip(left, step, strict=True) if span.start < taken.start
        ]
        if count < FEW_OFFSETS:
            width_ms *= _LONGER if count else _LONGER_WHERE_NOTHING_IS


async def _step(log: RecordLog, spans: Sequence[Span], timestamp_ms: int, isolation: Isolation) -> list[Span]:
    """Return the part of each span from a time on: perhaps nothing of it, perhaps all."""
    if timestamp_ms <= 0:
        return list(spans)
    places = [TopicPartition(span.topic, span.partition) for span in spans]
    found = await log.offsets(places, AtTime(timestamp_ms), isolation=isolation)
    step = []
    for span, place in zip(spans, places, strict=True):
        stop, offset = span.stop or 0, found.get(place)
        step.append(replace(span, start=stop if offset is None else min(max(offset, span.start), stop)))
    return step
