"""A member of a consumer group in the embedded cluster: polls, commits, and takes part in rebalances."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
import warnings
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from workbench.bus.rows import to_records
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
    from typing import Self

    from workbench.bus.memory.cluster.connection import Connection
    from workbench.bus.memory.cluster.group import Group
    from workbench.bus.memory.storage.partition import PartitionLog
    from workbench.model.records.record import Record, TopicPartition

log = logging.getLogger(__name__)

_POLL_BYTES = 1 << 20
_REVOKE_S = 60.0


class MemoryMember:
    """Joins a consumer group; see `workbench.bus.protocols.GroupMember`.

    Heartbeats are implied while its log is open and connected; with the connection dropped it is out of the group
    after ``session_timeout_ms``, and joins again when it polls after that.
    """

    def __init__(
        self,
        connection: Connection,
        group_id: str,
        topics: Collection[str] | re.Pattern[str],
        *,
        start: Literal["earliest", "latest"],
        session_timeout_ms: int,
        on_revoke: Callable[[frozenset[TopicPartition]], Awaitable[None]] | None,
    ) -> None:
        self.member_id = f"eventbus-workbench-{uuid.uuid4()}"
        self._connection = connection
        self._group_id = group_id
        self._topics = topics if isinstance(topics, re.Pattern) else frozenset(topics)
        self._start = start
        self._session_s = session_timeout_ms / 1000
        self._on_revoke = on_revoke
        self._group: Group | None = None
        self._positions: dict[TopicPartition, int] = {}
        """Next offset of each held partition; the one polled last comes last, so that all get their turn."""
        self._revoking: frozenset[TopicPartition] = frozenset()
        self._paused: set[TopicPartition] = set()
        self._session_end: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions held now."""
        return frozenset(self._positions)

    async def __aenter__(self) -> Self:
        """Join and wait until partitions are assigned and their positions resolved.

        Raises:
            UnknownTopicError: A named topic does not exist.
        """
        if self._group is not None or self._closed:
            raise WorkbenchError(f"This member of group {self._group_id} was used before; make a new one.")
        cluster = await self._connection.call(f"Joining group {self._group_id}")
        if not isinstance(self._topics, re.Pattern):
            for topic in self._topics:
                cluster.topic(topic)
        self._group = cluster.group(self._group_id)
        self._connection.faults.listen(self._connection_changed)
        self._connection.on_close.add(self._leave)
        try:
            await self._group.join(self)
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def poll(self, max_records: int = 500, max_wait_ms: int = 200) -> list[Record]:
        """Return records of held partitions in offset order per partition, read_committed."""
        group = self._joined
        cluster = await self._connection.call(f"Polling in group {self._group_id}")
        if not group.has(self):
            await group.join(self)
        until = time.monotonic() + max_wait_ms / 1000
        while True:
            records = self._ready(max_records)
            left = until - time.monotonic()
            if records or left <= 0:
                return records
            await cluster.changed.wait(left)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store next offsets; partitions lost in a rebalance raise nothing and are left out."""
        group = self._joined
        await self._connection.call(f"Committing in group {self._group_id}")
        if group.has(self):
            group.commit({p: offset for p, offset in offsets.items() if p in self._positions})

    async def position(self, partition: TopicPartition) -> int:
        """Return the next offset that `poll` will give of a held partition."""
        return self._positions[self._held(partition)]

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on at this offset."""
        self._positions[self._held(partition)] = offset

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Give no records of these until `resume`."""
        self._paused.update(map(self._held, partitions))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Undo `pause`."""
        self._paused.difference_update(partitions)
        self._connection.cluster.changed.notify_all()

    async def aclose(self) -> None:
        """Leave the group; harmless when repeated."""
        self._leave()

    def __del__(self) -> None:
        if self._group is not None and not self._closed:
            text = f"A member of group {self._group_id} was not closed"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)

    def wanted(self) -> Mapping[str, int]:
        """Topics it subscribed to that exist, with their partition counts."""
        topics = self._connection.cluster.topics
        if isinstance(self._topics, re.Pattern):
            return {name: len(topic.partitions) for name, topic in topics.items() if self._topics.match(name)}
        return {name: len(topics[name].partitions) for name in self._topics if name in topics}

    async def revoke(self, lost: frozenset[TopicPartition]) -> None:
        """Give partitions back after ``on_revoke`` finished and committed its records."""
        self._revoking = lost
        try:
            if self._on_revoke is not None:
                # Bounded: a handler that hangs must not keep the partitions from the rest of the group.
                async with asyncio.timeout(_REVOKE_S):
                    await self._on_revoke(lost)
        except Exception:
            log.exception("%s gave partitions back without finishing", self._group_id)
        finally:
            self._revoking = frozenset()
            self._paused -= lost
            for partition in lost:
                self._positions.pop(partition, None)

    def assign(self, held: frozenset[TopicPartition]) -> None:
        """Take the partitions of a new generation; each starts at the committed offset."""
        for name in sorted(held - self._positions.keys()):
            if (partition := self._find(name)) is not None:
                self._positions[name] = self._first(partition)
        self._connection.cluster.changed.notify_all()

    @property
    def _joined(self) -> Group:
        if self._group is None or self._closed:
            state = "has left" if self._closed else "has not joined yet: use it with 'async with'"
            raise WorkbenchError(f"This member of group {self._group_id} {state}.")
        return self._group

    def _held(self, partition: TopicPartition) -> TopicPartition:
        if partition not in self._positions:
            raise WorkbenchError(f"{partition} is not held by this member of group {self._group_id}.")
        return partition

    def _find(self, name: TopicPartition) -> PartitionLog | None:
        topic = self._connection.cluster.topics.get(name.topic)
        return topic.partitions[name.partition] if topic is not None else None

    def _first(self, partition: PartitionLog) -> int:
        stored = self._joined.offsets.get(partition.name)
        if stored is not None:
            return stored.offset
        return partition.low if self._start == "earliest" else partition.stable

    def _ready(self, max_records: int) -> list[Record]:
        records: list[Record] = []
        for name in [p for p in self._positions if p not in self._revoking and p not in self._paused]:
            if len(records) >= max_records:
                break
            if (partition := self._find(name)) is not None:
                # Taken out and put back by `_read`, behind the others: so every partition gets its turn.
                position = self._within(partition, self._positions.pop(name))
                records += self._read(partition, position, max_records - len(records))
        return records

    def _read(self, partition: PartitionLog, position: int, limit: int) -> list[Record]:
        found = partition.read(position, partition.end, _POLL_BYTES, "read_committed")
        rows = pa.concat_batches(found.records).slice(0, limit + 1) if found.records else None
        if rows is None or rows.num_rows <= limit:
            self._positions[partition.name] = found.next
        else:
            self._positions[partition.name] = rows.column("offset")[limit].as_py()
        return [] if rows is None else to_records(partition.name.topic, rows.slice(0, limit))

    def _within(self, partition: PartitionLog, position: int) -> int:
        if partition.low <= position <= partition.end:
            return position
        nearest = max(partition.low, min(position, partition.end))
        text = "%s: offset %d of %s is outside its log, going on at %d"
        log.warning(text, self._group_id, position, partition.name, nearest)
        return nearest

    def _connection_changed(self, dropped: bool) -> None:  # noqa: FBT001 - a listener's only argument
        if self._session_end is not None:
            self._session_end.cancel()
            self._session_end = None
        if dropped:
            self._session_end = asyncio.get_running_loop().call_later(self._session_s, self._lose_membership)

    def _lose_membership(self) -> None:
        if self._group is not None:
            self._positions.clear()
            self._paused.clear()
            self._group.leave(self)

    def _leave(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._connection_changed(dropped=False)
        self._connection.faults.forget(self._connection_changed)
        self._connection.on_close.discard(self._leave)
        self._lose_membership()
