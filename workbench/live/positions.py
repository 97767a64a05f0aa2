"""Positions of a tail: the next offset to read, the end and the stop of each partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.records.chunk import Span
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.records.chunk import Chunk


class Positions:
    """Next offset, end and stop of each partition that is followed."""

    def __init__(self) -> None:
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._stops: dict[TopicPartition, int | None] = {}

    @property
    def partitions(self) -> tuple[TopicPartition, ...]:
        """The partitions that are followed."""
        return tuple(self._next)

    @property
    def behind(self) -> int:
        """Offsets between the positions and the ends."""
        return sum(max(end - self._next[tp], 0) for tp, end in self._ends.items())

    def add(self, spans: Sequence[Span], ends: Mapping[TopicPartition, int | None]) -> None:
        """Follow these spans too."""
        for span in spans:
            tp = TopicPartition(span.topic, span.partition)
            self._next[tp], self._stops[tp] = span.start, span.stop
            self._ends[tp] = self._bounded(tp, ends[tp] or 0)

    def seen(self, chunk: Chunk) -> None:
        """Note the end of the log that a chunk reports."""
        tp = TopicPartition(chunk.topic, chunk.partition)
        self._ends[tp] = self._bounded(tp, chunk.end)

    def read(self, chunk: Chunk) -> None:
        """Note that the rows of a chunk can be seen."""
        self._next[TopicPartition(chunk.topic, chunk.partition)] = chunk.next

    def forget(self, topics: set[str]) -> None:
        """Follow these topics no more."""
        for tp in [tp for tp in self._next if tp.topic in topics]:
            del self._next[tp], self._ends[tp], self._stops[tp]

    def present(self, ends: Mapping[TopicPartition, int | None], share: int) -> int:
        """Move each position so that at most ``share`` offsets lie before the end.

        Returns:
            The number of offsets passed over.
        """
        passed = 0
        for tp, position in self._next.items():
            self._ends[tp] = self._bounded(tp, ends.get(tp) or 0)
            self._next[tp] = max(position, self._ends[tp] - share)
            passed += self._next[tp] - position
        return passed

    def spans(self) -> list[Span]:
        """Return what is still to be read."""
        left = ((tp, position, self._stops[tp]) for tp, position in self._next.items())
        return [Span(tp.topic, tp.partition, start, stop) for tp, start, stop in left if stop is None or start < stop]

    def _bounded(self, tp: TopicPartition, end: int) -> int:
        stop = self._stops[tp]
        return end if stop is None else min(end, stop)
