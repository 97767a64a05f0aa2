"""The batches for one partition, in order, and their ends; more may come while the first ones are under way."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.bus.kafka.producing.queues import Batch
    from workbench.model.records.record import TopicPartition


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of a batch: appended at an offset, certainly not written, or unknown."""

    partition: TopicPartition
    batch: Batch
    status: Literal["acked", "failed", "unknown"]
    offset: int = -1
    """Of the first record."""
    append_time: int = -1
    """The broker's, where it overwrites timestamps."""
    error: Exception | None = None
    """What happened to each record of it that was not acknowledged."""


class Feed:
    """Hands batches to the one who sends them to a partition.

    Args:
        partition: The partition.
        settle: Called with the end of each batch.
    """

    def __init__(self, partition: TopicPartition, settle: Callable[[Settled], None]) -> None:
        self.partition = partition
        self.settle = settle
        self.stopped = False
        """A batch failed, and nothing that comes behind it is sent."""
        self._ended = False
        self._waiting: deque[Batch] = deque()
        self._news = asyncio.Event()

    def put(self, batches: Iterable[Batch]) -> None:
        """Add batches."""
        self._waiting.extend(batches)
        self._news.set()

    def end(self) -> None:
        """Note that no more batches come."""
        self._ended = True
        self._news.set()

    def take(self) -> Batch | None:
        """Take the next batch, if one waits."""
        if not self._waiting:
            return None
        batch = self._waiting.popleft()
        if not self._waiting and not self._ended:
            self._news.clear()
        return batch

    async def more(self) -> bool:
        """Wait for a batch; false when none comes any more."""
        await self._news.wait()
        return bool(self._waiting)

    async def news_or(self, task: asyncio.Future[Any]) -> None:
        """Wait until a task is done or more batches have come, or the last one has."""
        if self._ended:
            await asyncio.wait([task])
            return
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait([task, news], return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
