"""Resolves topics and bounds to offsets: the first and last offset of each partition, fixed at one moment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.bus.held_offsets import held_by_transactions
from workbench.bus.protocols import AtCommitted, AtTime
from workbench.bus.selected_topics import selected_topics
from workbench.errors import AuthenticationError, WindowError
from workbench.model import Span, TopicPartition
from workbench.model.selecting.window import Ago, At, Committed, End, FromEnd, FromStart, Offset, Start
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.held_offsets import HeldOffsets
    from workbench.bus.protocols import OffsetSpec, RecordLog
    from workbench.model import Isolation, TopicInfo
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.selecting.window import Bound

Offsets = dict[TopicPartition, int]

_NAMED = 20
"""Partitions with an open transaction that are named one by one."""


@dataclass(frozen=True, slots=True)
class Window:
    """The offsets that a capture reads, resolved once."""

    topics: tuple[TopicInfo, ...]
    spans: tuple[Span, ...]
    """One for each partition; an empty one says that nothing lies between the bounds."""
    ends: Mapping[TopicPartition, int]
    """End of each log at the moment of resolving, by isolation."""
    notes: tuple[str, ...] = ()
    """Remarks about how the bounds were found, for the provenance."""
    held: Mapping[TopicPartition, HeldOffsets] = field(default_factory=dict)
    """What open transactions keep from being read at the end of each partition; others are absent."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why selected topics are left out."""


async def resolve_window(
    log: RecordLog,
    selection: TopicSelection,
    start: Bound,
    end: Bound | None,
    *,
    isolation: Isolation = "read_committed",
) -> Window:
    """Resolve topics and bounds against a log; ``end=None`` follows.

    A time becomes the first offset at or after it. An offset below the log start stays, and reading it gives a gap; one
    above the end gives an empty span.

    Raises:
        UnknownTopicError: A topic does not exist, or a pattern matches nothing.
        AuthenticationError: There is no right to describe any of the topics.
        WindowError: The end lies before the start.
    """
    selected = await selected_topics(log, selection)
    topics = [info for info in selected if info.readable]
    refused = {info.name: "; ".join(info.unavailable) for info in selected if not info.readable}
    if not topics:
        raise AuthenticationError(f"Nothing can be read. {_refused_text(refused)}. Ask for the rights.")
    partitions = [TopicPartition(info.name, part.partition) for info in topics for part in info.partitions]
    begins = await _known(log, partitions, "earliest", isolation)
    ends = await _known(log, partitions, "latest", isolation)
    starts, notes = await _offsets(log, start, begins, ends, isolation)
    stops: Mapping[TopicPartition, int] | None = None
    if end is not None:
        found, more = await _offsets(log, end, begins, ends, isolation)
        stops = {p: min(found[p], ends[p]) for p in partitions}
        notes = (*notes, *more)
        _check_order(start, end, partitions, starts, found)
    ids = {info.name: info.topic_id for info in topics}
    spans = [_span(p, starts[p], None if stops is None else stops[p], ends[p], ids[p.topic]) for p in partitions]
    held = await held_by_transactions(log, [p for p in partitions if stops is None or stops[p] >= ends[p]], isolation)
    notes = (*notes, *([_refused_text(refused)] if refused else []), *_held_notes(held))
    return Window(tuple(topics), tuple(spans), ends, notes, held, refused)


def _refused_text(refused: Mapping[str, str]) -> str:
    return "; ".join(f"topic {name}: {why}" for name, why in refused.items())


def _held_notes(held: Mapping[TopicPartition, HeldOffsets]) -> list[str]:
    notes = [f"{partition_text(p.topic, p.partition)}: {found.text}" for p, found in list(held.items())[:_NAMED]]
    more = len(held) - _NAMED
    return [*notes, f"open transactions hold offsets of {counted(more, 'more partition')}"] if more > 0 else notes


async def resolve_spans(
    log: RecordLog,
    selection: TopicSelection,
    start: Bound,
    end: Bound | None = None,
    *,
    isolation: Isolation = "read_committed",
) -> list[Span]:
    """Resolve a window to spans that a reader takes; see `resolve_window`. A named topic without rights is an error."""
    window = await resolve_window(log, selection, start, end, isolation=isolation)
    named = {name: why for name, why in window.refused.items() if name in selection.parts}
    if named:
        raise AuthenticationError(
            f"Not every topic can be read. {_refused_text(named)}. Leave it out, or ask for the right."
        )
    return [span for span in window.spans if span.stop is None or span.start < span.stop]


def _span(partition: TopicPartition, start: int, stop: int | None, end: int, topic_id: str | None) -> Span:
    begin = min(start, end)
    return Span(partition.topic, partition.partition, begin if stop is None else min(begin, stop), stop, topic_id)


def _check_order(
    start: Bound,
    end: Bound,
    partitions: Sequence[TopicPartition],
    starts: Offsets,
    stops: Offsets,
) -> None:
    fixed = isinstance(start, Offset | At | Ago) and type(start) is type(end)
    if fixed and partitions and all(stops[p] < starts[p] for p in partitions):
        raise WindowError(f"The window ends ({end}) before it starts ({start}).", text=str(end))


async def _offsets(
    log: RecordLog,
    bound: Bound,
    begins: Offsets,
    ends: Offsets,
    isolation: Isolation,
) -> tuple[Offsets, tuple[str, ...]]:
    partitions = list(begins)
    if (counted := _without_lookup(bound, begins, ends)) is not None:
        return counted, ()
    if isinstance(bound, Committed):
        return await _committed(log, bound, partitions, begins)
    if not isinstance(bound, At | Ago):
        raise WindowError(f"The bound {bound} cannot be looked up in a log.", text=str(bound))
    timestamp_ms = bound.timestamp_ms if isinstance(bound, At) else int(time.time() * 1000) - bound.duration_ms
    note = f"{bound} was taken as the first offset at or after it; late records beyond the bounds were not read"
    return await _known(log, partitions, AtTime(max(0, timestamp_ms)), isolation), (note,)


def _without_lookup(bound: Bound, begins: Offsets, ends: Offsets) -> Offsets | None:
    if isinstance(bound, Start | End):
        return begins if isinstance(bound, Start) else ends
    if isinstance(bound, Offset):
        return dict.fromkeys(begins, bound.offset)
    if isinstance(bound, FromEnd):
        return {p: max(begins[p], ends[p] - bound.count) for p in begins}
    if isinstance(bound, FromStart):
        return {p: begins[p] + bound.count for p in begins}
    return None


async def _committed(
    log: RecordLog,
    bound: Committed,
    partitions: Sequence[TopicPartition],
    begins: Offsets,
) -> tuple[Offsets, tuple[str, ...]]:
    stored = await log.offsets(partitions, AtCommitted(bound.group_id))
    without = [p for p in partitions if stored.get(p) is None]
    note = (
        f"group {bound.group_id} committed nothing for {counted(len(without), 'partition')}: their log start was taken"
    )
    found = {p: begins[p] if (offset := stored.get(p)) is None else offset for p in partitions}
    return found, (note,) if without else ()


async def _known(
    log: RecordLog,
    partitions: Sequence[TopicPartition],
    at: OffsetSpec,
    isolation: Isolation,
) -> Offsets:
    found = await log.offsets(partitions, at, isolation=isolation)
    return {p: found.get(p) or 0 for p in partitions}
