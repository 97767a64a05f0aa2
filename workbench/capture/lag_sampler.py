"""Samples consumer lag: every quantity is read before the ones that it is compared with can only have grown."""

from __future__ import annotations

import asyncio
import time
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.model import TopicPartition
from workbench.model.lag import CommitSample, LagRound, OffsetSample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from workbench.bus.protocols import RecordLog
    from workbench.model import CommittedOffset, GroupInfo, Isolation

CONCURRENCY = 10
"""Requests of one round that are under way at once."""
METADATA_S = 60.0
"""Seconds that the list of partitions is trusted."""

Offsets = dict[TopicPartition, int | None]


class LagSampler:
    """Takes rounds of one cluster. It joins no group and commits nothing.

    Args:
        log: An open record log.
        groups: Shell pattern of group ids.
        topics: Shell pattern of topics; internal ones are never sampled.
    """

    def __init__(self, log: RecordLog, *, groups: str = "*", topics: str = "*") -> None:
        self._log = log
        self._group_pattern = groups
        self._topic_pattern = topics
        self._partitions: dict[TopicPartition, int | None] = {}
        self._known_at = -METADATA_S

    async def round(self, *, interval_ms: int | None = None) -> LagRound:
        """Take one round.

        Raises:
            BrokerUnavailableError: The cluster does not answer. A group that cannot be read is a row with its error.
        """
        clock = _Clock()
        started_at_ms = clock.now_ms()
        await self._refresh()
        groups = await self._describe()
        low_at_ms = clock.now_ms()
        partitions = list(self._partitions)
        low = await self._offsets(partitions, "earliest", "read_uncommitted")
        committed_at_ms = clock.now_ms()
        commits = await self._commits(groups)
        lso = await self._offsets(partitions, "latest", "read_committed")
        high_at_ms = clock.now_ms()
        high = await self._offsets(partitions, "latest", "read_uncommitted")
        return LagRound(
            round_id=started_at_ms,
            cluster_id=self._log.cluster_id,
            started_at_ms=started_at_ms,
            low_at_ms=low_at_ms,
            committed_at_ms=committed_at_ms,
            high_at_ms=high_at_ms,
            finished_at_ms=clock.now_ms(),
            interval_ms=interval_ms,
            offsets=tuple(self._bounds(p, low, lso, high) for p in partitions),
            commits=tuple(commits),
            groups=tuple(groups),
        )

    async def rounds(self, interval_s: float) -> AsyncIterator[LagRound]:
        """Take rounds for ever. One that takes longer than the interval is not overlapped: the next starts at once."""
        while True:
            began = time.monotonic()
            yield await self.round(interval_ms=int(interval_s * 1000))
            await asyncio.sleep(max(0.0, interval_s - (time.monotonic() - began)))

    async def _refresh(self) -> None:
        if time.monotonic() - self._known_at < METADATA_S:
            return
        self._partitions = {
            TopicPartition(info.name, part.partition): part.leader
            for info in await self._log.describe()
            if not info.internal and fnmatchcase(info.name, self._topic_pattern)
            for part in info.partitions
        }
        self._known_at = time.monotonic()

    async def _describe(self) -> list[GroupInfo]:
        wanted = [name for name in await self._log.groups() if fnmatchcase(name, self._group_pattern)]
        return await self._log.describe_groups(wanted) if wanted else []

    async def _offsets(self, partitions: list[TopicPartition], at: str, isolation: Isolation) -> Offsets:
        if not partitions:
            return {}
        return await self._log.offsets(partitions, at, isolation=isolation)  # type: ignore[arg-type]  # its literals

    async def _commits(self, groups: Iterable[GroupInfo]) -> list[CommitSample]:
        gate = asyncio.Semaphore(CONCURRENCY)

        async def of(group: GroupInfo) -> list[CommitSample]:
            async with gate:
                try:
                    stored = await self._log.committed(group.group_id)
                except WorkbenchError as error:
                    return self._unread(group, str(error))
            return self._rows(group, stored)

        rows = [row for part in await asyncio.gather(*(of(group) for group in groups)) for row in part]
        if any(TopicPartition(row.topic, row.partition) not in self._partitions for row in rows):
            self._known_at = -METADATA_S
        return rows

    def _rows(self, group: GroupInfo, stored: dict[TopicPartition, CommittedOffset]) -> list[CommitSample]:
        holders = _holders(group)
        topics = {p.topic for p in (*stored, *holders) if fnmatchcase(p.topic, self._topic_pattern)}
        mentioned = {p for p in (*stored, *holders) if p.topic in topics}
        wanted = sorted(mentioned | {p for p in self._partitions if p.topic in topics})
        rows = []
        for partition in wanted:
            commit = stored.get(partition)
            rows.append(
                CommitSample(
                    group.group_id,
                    partition.topic,
                    partition.partition,
                    commit.offset if commit else None,
                    commit.leader_epoch if commit else None,
                    commit.metadata if commit else "",
                    holders.get(partition),
                    None if partition in self._partitions else "the partition was not known when its bounds were read",
                ),
            )
        return rows

    def _unread(self, group: GroupInfo, error: str) -> list[CommitSample]:
        return [
            CommitSample(group.group_id, p.topic, p.partition, None, member_id=member, error=error)
            for p, member in sorted(_holders(group).items())
        ]

    def _bounds(self, partition: TopicPartition, low: Offsets, lso: Offsets, high: Offsets) -> OffsetSample:
        values = (low.get(partition), lso.get(partition), high.get(partition))
        error = "its bounds could not be read" if None in values else None
        return OffsetSample(partition.topic, partition.partition, *values, self._partitions[partition], error)


def _holders(group: GroupInfo) -> dict[TopicPartition, str]:
    return {partition: member.member_id for member in group.members for partition in member.partitions}


class _Clock:
    """Wall time, read once and carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._wall, self._monotonic = time.time(), time.monotonic()

    def now_ms(self) -> int:
        return int((self._wall + time.monotonic() - self._monotonic) * 1000)
