"""Where a reader is in each partition: what was asked of the broker, and what was handed to the caller."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.bus.kafka.fetching.batches import Batch
    from workbench.model.chunk import Gap, Span
    from workbench.model.record import TopicPartition


@dataclass(slots=True)
class Cursor:
    """Progress in one partition through its spans, which are read one after another."""

    partition: TopicPartition
    ahead: deque[Span]
    fetch_offset: int = 0
    """Next offset to ask the broker for."""
    position: int = 0
    """Next offset to hand out."""
    stop: int | None = None
    exhausted: bool = False
    """All spans were fetched."""
    done: bool = False
    """All spans were handed out."""
    leader: int | None = None
    topic_id: str | None = None
    """Identity of the topic when reading began."""
    troubled_since: float | None = None
    """When asking for this partition began to fail, on the monotonic clock; None while it is well."""
    partition_max_bytes: int = 0
    expansion: float = 4.0
    """Bytes of columns for each byte that was fetched; a guess until the first one is decoded."""

    def __post_init__(self) -> None:
        """Begin with the first span."""
        first = self.ahead[0]
        self.fetch_offset, self.position, self.stop = first.start, first.start, first.stop
        self._settle()
        self.done = self.exhausted

    def fetched_to(self, offset: int) -> None:
        """Note that everything before ``offset`` is on its way."""
        self.fetch_offset = max(self.fetch_offset, offset)
        self._settle()

    def _settle(self) -> None:
        while self.stop is not None and self.fetch_offset >= self.stop:
            self.ahead.popleft()
            if not self.ahead:
                self.exhausted = True
                return
            span = self.ahead[0]
            self.fetch_offset, self.stop = span.start, span.stop


@dataclass(slots=True)
class FetchedBatches:
    """Batches of one partition that were fetched and not yet decoded, or a gap to report."""

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
    """Nothing follows it in this partition."""


@dataclass(slots=True)
class Buffer:
    """Fetched batches in the order of arrival; their bytes are the credit that was used up."""

    fetched: deque[FetchedBatches] = field(default_factory=deque)
    size: int = 0

    def put(self, fetched: Iterable[FetchedBatches]) -> None:
        for one in fetched:
            self.fetched.append(one)
            self.size += one.size

    def take(self, size: int) -> list[FetchedBatches]:
        """Take about this many bytes, at least one if there is any."""
        taken: list[FetchedBatches] = []
        total = 0
        while self.fetched and (not taken or total + self.fetched[0].size <= size):
            one = self.fetched.popleft()
            taken.append(one)
            total += one.size
        self.size -= total
        return taken
