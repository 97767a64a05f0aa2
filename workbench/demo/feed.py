"""Writes the demo traffic to a cluster: topics, a history, then live records, with consumer groups that read them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from workbench.errors import TopicExistsError
from workbench.model import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.bus.protocols import RecordLog, Writer
    from workbench.demo.traffic import Traffic
    from workbench.model import NewRecord

BATCH_RECORDS = 2_000
TICK_S = 0.2

KEEPING_UP, LAGGING, STOPPED = "task_workers", "analytics", "auditor"
"""Logical names of the three consumer groups."""


class Feed:
    """Writes demo traffic to one cluster and runs its consumer groups.

    Args:
        log: An open record log that may be written to.
        traffic: What to write.
        history_s: Seconds of history before now, written at their own timestamps.
    """

    def __init__(self, log: RecordLog, traffic: Traffic, *, history_s: float = 900.0) -> None:
        self._log = log
        self._traffic = traffic
        self._start_ms = int((time.time() - history_s) * 1000)
        self._stream: Iterator[NewRecord] = traffic.stream(self._start_ms)
        self._ahead: NewRecord = next(self._stream)

    def group(self, logical: str) -> str:
        """Return the physical id of one of the three groups."""
        return self._traffic.world.topic(logical)

    async def fill(self) -> int:
        """Create the topics and write the history up to now; one group stays behind. Return the number of records."""
        await self._create_topics()
        written = 0
        async with self._log.writer() as writer:
            end_ms = int(time.time() * 1000)
            while batch := self._due(end_ms):
                written += await self._write(writer, batch)
        await self._leave_group_behind()
        return written

    async def run(self) -> None:
        """Write each record at its time, without end."""
        async with self._log.writer() as writer:
            while True:
                batch = self._due(int(time.time() * 1000))
                if batch:
                    await self._write(writer, batch)
                await asyncio.sleep(TICK_S)

    async def keep_up(self) -> None:
        """Run a consumer group that handles each task event at once."""
        await self._consume(KEEPING_UP, records_per_s=None)

    async def lag_behind(self) -> None:
        """Run a consumer group that is slower than the producers of its topic."""
        await self._consume(LAGGING, records_per_s=max(1.0, self._traffic.rate / 5))

    def _due(self, until_ms: int) -> list[NewRecord]:
        batch: list[NewRecord] = []
        while (self._ahead.timestamp_ms or 0) < until_ms and len(batch) < BATCH_RECORDS:
            batch.append(self._ahead)
            self._ahead = next(self._stream)
        return batch

    @staticmethod
    async def _write(writer: Writer, batch: list[NewRecord]) -> int:
        for outcome in await writer.send(batch):
            if outcome.error is not None:
                raise outcome.error
        return len(batch)

    async def _create_topics(self) -> None:
        existing = {info.name for info in await self._log.describe(list(self._traffic.topics))}
        for name, partitions in self._traffic.topics.items():
            if name in existing:
                continue
            compacted = {"cleanup.policy": "compact"} if name.endswith("user_profiles") else None
            try:
                await self._log.create_topic(name, partitions=partitions, config=compacted)
            except TopicExistsError:
                continue

    async def _leave_group_behind(self) -> None:
        topic = self._traffic.world.topic("workflow_events")
        partitions = [TopicPartition(topic, number) for number in range(self._traffic.topics[topic])]
        begin = await self._log.offsets(partitions, "earliest")
        end = await self._log.offsets(partitions, "latest")
        halfway = {p: ((begin[p] or 0) + (end[p] or 0)) // 2 for p in partitions}
        await self._log.commit_offsets(self.group(STOPPED), halfway)

    async def _consume(self, logical: str, *, records_per_s: float | None) -> None:
        topics = [self._traffic.world.topic("task_events")]
        limit = 500 if records_per_s is None else max(1, int(records_per_s * TICK_S * 5))
        async with self._log.member(self.group(logical), topics, start="earliest") as member:
            while True:
                records = await member.poll(limit)
                after: dict[TopicPartition, int] = {}
                for record in records:
                    after[TopicPartition(record.topic, record.partition)] = record.offset + 1
                if after:
                    await member.commit(after)
                await asyncio.sleep(TICK_S if records_per_s is None else len(records) / records_per_s)
