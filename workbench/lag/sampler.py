"""Samples consumer lag: log start, committed offset, last stable offset and high watermark, read in this order.

Each value is read before those that it is compared with, which can only grow meanwhile. So a commit below the log
start is never a false alarm, and lag and held are never negative. Lag is overstated by what was produced between two
reads.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from workbench.errors import BrokerUnavailableError, WorkbenchError
from workbench.lag.furthest import UNKNOWN, furthest_rows, pack
from workbench.lag.names import is_exact, matching, no_such_group
from workbench.model import TopicPartition
from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.text import counted, number_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.lag.furthest import PackedCommits
    from workbench.model import CommittedOffset, GroupInfo, Isolation

CONCURRENCY = 10
"""Requests of one round that are under way at once."""
METADATA_S = 60.0
"""Seconds that the list of partitions is trusted."""
LISTED_ROWS = 100_000
"""Rows of one round up to which partitions without a commit are listed beside the others of their topic.

Beyond it only partitions with a commit or an owner are rows, and those only while there are no more than so many: of
the groups that follow, the `FURTHEST` partitions are rows, and the group says how many are not. Ten thousand groups
that commit on a thousand partitions would be ten million rows.
"""
FURTHEST = 5
"""Partitions, the furthest behind, that are rows of a group for which a round has no more room."""

T = TypeVar("T")
Offsets: TypeAlias = dict[TopicPartition, int | None]
Quantity: TypeAlias = Literal["low", "lso", "high"]
_QUANTITIES: tuple[Quantity, ...] = ("low", "lso", "high")


class LagSampler:
    """Takes rounds of one cluster. It joins no group and commits nothing.

    Args:
        log: An open record log.
        groups: Group id, or a shell pattern of ids.
        topics: Shell pattern of topics. Internal ones are sampled only where a group has committed on them.
    """

    def __init__(self, log: RecordLog, *, groups: str = "*", topics: str = "*") -> None:
        self._log = log
        self._group_pattern = groups
        self._topic_pattern = topics
        self._partitions: dict[TopicPartition, int | None] = {}
        self._leaders: dict[TopicPartition, int | None] = {}
        self._numbers: dict[str, list[TopicPartition]] = {}
        self._named: set[TopicPartition] = set()
        self._known_at = -METADATA_S
        self._last_round_id = 0
        self.answered_at = -math.inf
        """When the cluster last answered a question of a round, by `time.monotonic`."""

    async def round(self, *, interval_ms: int | None = None) -> LagRound:
        """Take one round.

        Raises:
            WorkbenchError: No group has the id, or fits the pattern.
            BrokerUnavailableError: The cluster does not answer. A group or topic that cannot be read is a row with its
                error, and the rest of the round is as good as ever.
        """
        clock = _Clock()
        started_at_ms = clock.now_ms()
        await self._refresh()
        groups = await self._describe()
        # The order of these four reads is the rule of the module's docstring.
        low_at_ms = clock.now_ms()
        bounds = _Bounds(self._partitions)
        await self._look_up(bounds, "low", "earliest", "read_uncommitted")
        committed_at_ms = clock.now_ms()
        commits, unread, packed = await self._commits(groups)
        if await self._take_up(commits):
            # Commits name partitions whose log start was not read before them: the order holds for another try.
            low_at_ms = clock.now_ms()
            bounds = _Bounds(self._partitions)
            await self._look_up(bounds, "low", "earliest", "read_uncommitted")
            committed_at_ms = clock.now_ms()
            commits, unread, packed = await self._commits(groups)
        await self._look_up(bounds, "lso", "latest", "read_committed")
        high_at_ms = clock.now_ms()
        await self._look_up(bounds, "high", "latest", "read_uncommitted")
        cut = self._add_furthest(commits, packed, bounds.found["high"])
        errors = {**cut, **unread}
        if bounds.incomplete:
            self._known_at = -METADATA_S
        # Two rounds may begin in the same millisecond; a number names one round.
        self._last_round_id = max(started_at_ms, self._last_round_id + 1)
        return LagRound(
            round_id=self._last_round_id,
            cluster_id=self._log.cluster_id,
            started_at_ms=started_at_ms,
            low_at_ms=low_at_ms,
            committed_at_ms=committed_at_ms,
            high_at_ms=high_at_ms,
            finished_at_ms=clock.now_ms(),
            interval_ms=interval_ms,
            offsets=bounds.samples(),
            commits=tuple(commits),
            groups=tuple(replace(g, error=errors[g.group_id]) if g.group_id in errors else g for g in groups),
        )

    async def _answer(self, question: Awaitable[T]) -> T:
        """Wait for an answer, and note when it came: a round asks many questions, and only one may be owed for long."""
        answer = await question
        self.answered_at = time.monotonic()
        return answer

    async def _refresh(self) -> None:
        if time.monotonic() - self._known_at < METADATA_S:
            return
        infos = await self._answer(self._log.describe())
        self._leaders = {TopicPartition(info.name, p.partition): p.leader for info in infos for p in info.partitions}
        sampled = {info.name for info in infos if not info.internal and fnmatchcase(info.name, self._topic_pattern)}
        self._partitions = {
            partition: leader
            for partition, leader in self._leaders.items()
            if partition.topic in sampled or partition in self._named
        }
        self._known_at = time.monotonic()
        self._numbers = defaultdict(list)
        for partition in self._partitions:
            self._numbers[partition.topic].append(partition)

    async def _take_up(self, commits: Iterable[CommitSample]) -> bool:
        """Sample the partitions, too, that commits name and that were not known; whether there are any."""
        named = {TopicPartition(row.topic, row.partition) for row in commits} - self._partitions.keys()
        if not named:
            return False
        if not named <= self._leaders.keys():
            self._known_at = -METADATA_S
        self._named |= named
        await self._refresh()
        found = {partition: leader for partition, leader in self._leaders.items() if partition in named}
        self._partitions |= found
        return bool(found)

    async def _describe(self) -> list[GroupInfo]:
        ids, pattern = await self._answer(self._log.groups()), self._group_pattern
        wanted = matching(pattern, ids)
        if not wanted and is_exact(pattern):
            # A group that the cluster does not list to this user may exist all the same; then it says so here.
            wanted = [
                one.group_id
                for one in await self._answer(self._log.describe_groups([pattern]))
                if one.error is not None
            ]
        if not wanted and pattern != "*":
            raise no_such_group(pattern, ids, self._log.address)
        return await self._answer(self._log.describe_groups(wanted)) if wanted else []

    async def _look_up(
        self,
        bounds: _Bounds,
        quantity: Quantity,
        at: Literal["earliest", "latest"],
        isolation: Isolation,
    ) -> None:
        """Read one bound of all partitions at once; where that fails, topic by topic, each with its own error."""
        wanted = bounds.readable()
        try:
            bounds.found[quantity] = (
                await self._answer(self._log.offsets(wanted, at, isolation=isolation)) if wanted else {}
            )
        except BrokerUnavailableError:
            self._known_at = -METADATA_S
            raise
        except WorkbenchError:
            gate = asyncio.Semaphore(CONCURRENCY)

            async def of(topic: str) -> Offsets:
                async with gate:
                    try:
                        mine = [p for p in wanted if p.topic == topic]
                        return await self._answer(self._log.offsets(mine, at, isolation=isolation))
                    except BrokerUnavailableError:
                        raise
                    except WorkbenchError as error:
                        bounds.errors.setdefault(topic, str(error))
                        return {}

            parts = await asyncio.gather(*(of(topic) for topic in sorted({p.topic for p in wanted})))
            bounds.found[quantity] = {p: offset for part in parts for p, offset in part.items()}

    async def _commits(
        self, groups: Iterable[GroupInfo]
    ) -> tuple[list[CommitSample], dict[str, str], list[PackedCommits]]:
        """Read what each group committed; a group that cannot be read gives its error instead.

        Groups for which there is no more room are returned packed.
        """
        gate = asyncio.Semaphore(CONCURRENCY)
        rows: list[CommitSample] = []
        unread: dict[str, str] = {}
        packed: list[PackedCommits] = []
        numbers = {partition: number for number, partition in enumerate(self._partitions)}

        async def of(group: GroupInfo) -> None:
            async with gate:
                try:
                    stored = await self._answer(self._log.committed(group.group_id))
                except WorkbenchError as error:
                    unread[group.group_id] = str(error)
                    rows.extend(self._unread(group, str(error)))
                    return
                stored = {p: commit for p, commit in stored.items() if fnmatchcase(p.topic, self._topic_pattern)}
                if len(stored) > max(FURTHEST, LISTED_ROWS - len(rows)) and stored.keys() <= numbers.keys():
                    packed.append(pack(group.group_id, stored, numbers))
                else:
                    rows.extend(self._rows(group, stored, room=LISTED_ROWS - len(rows)))

        await asyncio.gather(*(of(group) for group in groups))
        return rows, unread, packed

    def _add_furthest(self, rows: list[CommitSample], packed: Iterable[PackedCommits], high: Offsets) -> dict[str, str]:
        """Add a few rows for each packed group; return what is said of it."""
        partitions = list(self._partitions)
        found = (high.get(partition) for partition in partitions)
        ends = np.array([UNKNOWN if end is None else end for end in found], np.int64)
        said = {}
        for group in packed:
            listed = furthest_rows(group, partitions, ends, FURTHEST)
            rows.extend(listed)
            said[group.group_id] = (
                f"{number_text(len(listed))} of its {counted(len(group.offsets), 'partition')} are listed, those "
                f"furthest behind: a round lists {number_text(LISTED_ROWS)}. Name the group, or its topics, to see all"
            )
        return said

    def _rows(
        self, group: GroupInfo, stored: dict[TopicPartition, CommittedOffset], *, room: int
    ) -> list[CommitSample]:
        holders = _holders(group)
        topics = {p.topic for p in (*stored, *holders) if fnmatchcase(p.topic, self._topic_pattern)}
        wanted = {p for p in (*stored, *holders) if p.topic in topics}
        if sum(len(self._numbers[topic]) for topic in topics) <= room:
            wanted.update(p for topic in topics for p in self._numbers[topic])
        rows = []
        for partition in sorted(wanted):
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
                    None if partition in self._partitions else "the cluster does not name this partition",
                ),
            )
        return rows

    def _unread(self, group: GroupInfo, error: str) -> list[CommitSample]:
        return [
            CommitSample(group.group_id, p.topic, p.partition, None, member_id=member, error=error)
            for p, member in sorted(_holders(group).items())
        ]


class _Bounds:
    """Collects the offsets read in one round, and the errors of topics that could not be read."""

    def __init__(self, leaders: Mapping[TopicPartition, int | None]) -> None:
        self.found: dict[Quantity, Offsets] = {}
        self.errors: dict[str, str] = {}
        self._leaders = dict(leaders)

    def readable(self) -> list[TopicPartition]:
        """Partitions that are worth asking for."""
        return [p for p, leader in self._leaders.items() if leader is not None and p.topic not in self.errors]

    @property
    def incomplete(self) -> bool:
        """Whether a topic could not be read or a partition has no leader: look again before the next round."""
        return bool(self.errors) or None in self._leaders.values()

    def samples(self) -> tuple[OffsetSample, ...]:
        """One row per partition, with the reason where a bound is missing."""
        return tuple(self._sample(partition, leader) for partition, leader in self._leaders.items())

    def _sample(self, partition: TopicPartition, leader: int | None) -> OffsetSample:
        low, lso, high = (self.found.get(name, {}).get(partition) for name in _QUANTITIES)
        error = self.errors.get(partition.topic)
        if error is None and None in (low, lso, high):
            error = "the partition has no leader" if leader is None else "its bounds could not be read"
        return OffsetSample(partition.topic, partition.partition, low, lso, high, leader, error)


def _holders(group: GroupInfo) -> dict[TopicPartition, str]:
    return {partition: member.member_id for member in group.members for partition in member.partitions}


class _Clock:
    """Wall time, read once and carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._wall, self._monotonic = time.time(), time.monotonic()

    def now_ms(self) -> int:
        return int((self._wall + time.monotonic() - self._monotonic) * 1000)
