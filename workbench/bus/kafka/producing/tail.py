"""Looks on the tail of a partition for a batch whose acknowledgement was lost, before that batch is sent again.

A broker recognises a repeated batch by producer id and sequence number, as long as it remembers them. A broker that was
killed, or whose ``producer.id.expiration.ms`` is shorter than the age of the records' timestamps, has forgotten them
and appends the batch once more. The log itself tells what was appended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.records.chunk import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.kafka.producing.queues import Content
    from workbench.bus.protocols import RecordLog
    from workbench.model.records.record import TopicPartition


class Tail:
    """Finds batches behind a known offset of a partition.

    Args:
        log: The cluster; its reader is used.
    """

    def __init__(self, log: RecordLog) -> None:
        self._log = log

    async def end(self, partition: TopicPartition) -> int:
        """Return the end offset of a partition, uncommitted records included."""
        found = await self._log.offsets([partition], "latest", isolation="read_uncommitted")
        return found[partition] or 0

    async def find(self, partition: TopicPartition, start: int, wanted: Sequence[Content]) -> int | None:
        """Return the first offset of records with these contents if they lie one after the other from ``start`` on.

        Raises:
            WorkbenchError: The partition cannot be read now.
        """
        stop = await self.end(partition)
        if stop <= start:
            return None
        matched, first = 0, 0
        span = Span(partition.topic, partition.partition, start, stop)
        async with self._log.reader([span], isolation="read_uncommitted") as reader:
            while not reader.done:
                for chunk in await reader.read():
                    for row in chunk.rows():
                        content = row.key, row.value, tuple(row.headers)
                        if matched and (content != wanted[matched] or row.offset != first + matched):
                            matched = 0
                        if content == wanted[matched]:
                            first = row.offset if matched == 0 else first
                            matched += 1
                        if matched == len(wanted):
                            return first
        return None
