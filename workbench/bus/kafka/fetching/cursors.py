"""Positions of a reader in its partitions, and the buffer of fetched batches that wait to be decoded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.bus.kafka.fetching.batch_headers import Batch
    from workbench.model.records.chunk import Gap, Span
    from workbench.model.records.record import TopicPartition


@dataclass(slots=True)
class Cursor:
    """The position in one partition; its spans are read one after another."""

    partition: TopicPartition
    spans: deque[Span]
    fetch_offset: int = 0
    """Next offset to ask the broker for."""
    position: int = 0
    """Next offset to return to the caller."""
    stop: int | None = None
    exhausted: bool = False
    """All spans were fetched."""
    done: bool = False
    """All spans were returned to the caller."""
    leader: int | None = None
    topic_id: str | None = None
    """Identity of the topic: the one of the first span, else the one found when reading began."""
    asked_at: float | None = None
    """Time on the monotonic clock of the first question about this partition that has no answer yet."""
    failing_since: float | None = None
    """Time on the monotonic clock when fetching this partition began to fail; None while it works."""
    missing_since: float | None = None
    """Time on the monotonic clock since which the metadata does not name the topic; None while it does."""
    unreadable: int = 0
    """Answers in a row that could not be read."""
    skip: int = 0
    """Offsets that the last step over unreadable bytes passed; 0 while the answers can be read."""
    partition_max_bytes: int = 0
    expansion: float = 4.0
    """Bytes of Arrow columns for each byte that was fetched; a guess until the first batch is decoded."""

    def __post_init__(self) -> None:
        """Start at the first span."""
        first = self.spans[0]
        self.fetch_offset, self.position, self.stop = first.start, first.start, first.stop
        self.topic_id = first.topic_id
        self._next_span()
        self.done = self.exhausted

    def fetched_to(self, offset: int) -> None:
        """Move the fetch offset up to ``offset``, and on to the next span where this one is complete."""
        self.fetch_offset = max(self.fetch_offset, offset)
        self._next_span()

    def _next_span(self) -> None:
        # A loop, because spans may be empty: such a span is complete before anything is asked for.
        while self.stop is not None and self.fetch_offset >= self.stop:
            self.spans.popleft()
            if not self.spans:
                self.exhausted = True
                return
            span = self.spans[0]
            self.fetch_offset, self.stop = span.start, span.stop


@dataclass(slots=True)
class FetchedBatches:
    """Batches of one partition that were fetched and wait to be decoded, or a gap to report."""

    cursor: Cursor
    data: memoryview
    batches: Sequence[Batch]
    start: int
    stop: int | None
    next: int
    end: int
    size: int
    """Bytes it counts for in the buffer."""
    gaps: tuple[Gap, ...] = ()
    last: bool = False
    """Nothing follows in this partition."""


@dataclass(slots=True)
class Buffer:
    """Fetched batches in the order of arrival; the fetcher pauses while they hold ``prefetch_bytes``."""

    fetched: deque[FetchedBatches] = field(default_factory=deque)
    size: int = 0

    def put(self, fetched: Iterable[FetchedBatches]) -> None:
        """Append batches."""
        for one in fetched:
            self.fetched.append(one)
            self.size += one.size

    def take(self, size: int) -> list[FetchedBatches]:
        """Remove and return about ``size`` bytes of batches; at least one entry if there is any."""
        taken: list[FetchedBatches] = []
        total = 0
        # One is taken whatever its size: a batch larger than the limit would block its partition for good.
        while self.fetched and (not taken or total + self.fetched[0].size <= size):
            one = self.fetched.popleft()
            taken.append(one)
            total += one.size
        self.size -= total
        return taken
