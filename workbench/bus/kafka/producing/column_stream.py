"""Sends columns of one topic, part after part: the next part is taken while the last one is under way."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from workbench.bus.kafka.producing.columns import RecordColumns
from workbench.bus.kafka.producing.encoding import HEADER_BYTES
from workbench.bus.kafka.producing.feeds import Feed
from workbench.bus.kafka.producing.queues import ColumnBatch, ColumnQueue, Columns
from workbench.bus.refusals import no_such_partition, no_such_topic, not_written
from workbench.model.records.record import TopicPartition
from workbench.model.records.written import ACKED, UNKNOWN, WrittenColumns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import pyarrow as pa

    from workbench.bus.kafka.connection.metadata import TopicMetadata
    from workbench.bus.kafka.producing.delivery import Delivery
    from workbench.bus.kafka.producing.feeds import Settled
    from workbench.errors import PublishError

LARGEST_REQUEST = 100 << 20
"""Default of ``socket.request.max.bytes``: a broker closes the connection at a larger request."""


class ColumnStream:
    """Sends the parts of one call; at most two of them are held.

    Args:
        topic: The topic.
        delivery: Sends the batches of each partition.
        metadata: Returns what is known of the topic, read again where one of these partitions is not in it.
    """

    def __init__(
        self, topic: str, delivery: Delivery, metadata: Callable[[Sequence[int]], Awaitable[TopicMetadata | None]]
    ) -> None:
        self._topic = topic
        self._delivery = delivery
        self._metadata = metadata
        self._feeds: dict[int, Feed] = {}
        self._open = 0
        """Records that were taken and have no outcome."""
        self._stopped = False
        """A record was not written."""
        self._progress = asyncio.Event()

    async def send(self, parts: AsyncIterator[pa.RecordBatch]) -> WrittenColumns:
        """Send parts until a record is not written; returns the outcome of each record that was taken."""
        found: list[WrittenColumns] = []
        async with asyncio.TaskGroup() as group:
            async for records in parts:
                found.append(await self._take(records, group))
                while self._open > records.num_rows and not self._stopped:
                    self._progress.clear()
                    await self._progress.wait()
                if self._stopped:
                    break
            for feed in self._feeds.values():
                feed.end()
        return WrittenColumns.joined(found)

    async def _take(self, records: pa.RecordBatch, group: asyncio.TaskGroup) -> WrittenColumns:
        partitions = records.column("partition").to_numpy()
        now = time.time_ns() // 1_000_000
        timestamps = pc.fill_null(records.column("timestamp_ms"), now).to_numpy(zero_copy_only=False)
        written = WrittenColumns.waiting(timestamps)
        numbers: list[int] = np.unique(partitions).tolist()
        topic = await self._metadata(numbers)
        encoder = RecordColumns(*(records.column(name) for name in ("key", "value", "headers")))
        columns, sizes = Columns(records, encoder, written), encoder.most_bytes()
        for number in numbers:
            rows = np.flatnonzero(partitions == number)
            at = TopicPartition(self._topic, number)
            refused = _refusal(at, topic, int(sizes[rows].max()))
            if refused is not None:
                written.errors.update(dict.fromkeys(rows.tolist(), refused))
                self._stopped = True
                continue
            self._delivery.attempts.remember_leader(at, None if topic is None else topic.partitions[number].leader)
            feed = self._feeds.get(number)
            if feed is None:
                feed = self._feeds[number] = Feed(at, self._settle)
                group.create_task(self._delivery.serve(feed), name=f"kafka-write-{at}")
            self._open += len(rows)
            feed.put(ColumnQueue(at, ColumnBatch(columns, rows, timestamps[rows]), sizes[rows]).batches())
        return written

    def _settle(self, settled: Settled) -> None:
        """Enter the end of a batch in the outcomes of its part."""
        batch = settled.batch
        if not isinstance(batch, ColumnBatch):
            raise TypeError("a feed of columns holds batches of columns")
        rows, written = batch.rows, batch.columns.written
        self._open -= len(rows)
        self._progress.set()
        if settled.status == "acked":
            written.states[rows] = ACKED
            written.offsets[rows] = settled.offset + np.arange(len(rows))
            if settled.append_time >= 0:
                written.timestamps[rows] = settled.append_time
            return
        self._stopped = True
        if settled.status == "unknown":
            written.states[rows] = UNKNOWN
        if settled.error is not None:
            written.errors.update(dict.fromkeys(rows.tolist(), settled.error))


def _refusal(at: TopicPartition, topic: TopicMetadata | None, largest: int) -> PublishError | None:
    """Return the error of the rows for a partition that cannot be sent."""
    if topic is None:
        return no_such_topic(at)
    if at.partition not in topic.partitions:
        return no_such_partition(at, at.partition, len(topic.partitions))
    if HEADER_BYTES + largest > LARGEST_REQUEST:
        return not_written(at, "MESSAGE_TOO_LARGE", "one of them is larger than any broker accepts")
    return None
