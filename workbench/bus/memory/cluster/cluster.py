"""The cluster of a memory name: all logs of that name share it while one of them is open."""

from __future__ import annotations

import asyncio
import base64
import itertools
import uuid
from typing import TYPE_CHECKING

from workbench.bus.memory.cluster.group import Group
from workbench.bus.memory.cluster.transactions import TransactionCoordinator
from workbench.bus.refusals import unknown_partition, unknown_topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from workbench.bus.memory.cluster.topics import Topic
    from workbench.bus.memory.storage.batches import Row, Transaction
    from workbench.bus.memory.storage.partition import PartitionLog
    from workbench.model.records.record import TopicPartition

DEFAULT_MAX_BYTES = 256 << 20

_CLUSTERS: dict[str, Cluster] = {}


class ChangeSignal:
    """Wakes the readers and members that wait for the cluster to change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify_all(self) -> None:
        """Wake every waiter of this moment."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Return at the next `notify_all`, or after ``timeout_s`` seconds."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout_s)
        finally:
            self._waiting.discard(waiter)


class Cluster:
    """Holds topics, groups and transactional ids of one name, up to ``max_bytes`` of records."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self.topics: dict[str, Topic] = {}
        self.groups: dict[str, Group] = {}
        self.changed = ChangeSignal()
        self.transactions = TransactionCoordinator(self._write_markers)
        self.max_bytes = DEFAULT_MAX_BYTES
        self.evicted_records = 0
        self.evicted_bytes = 0
        self.keep = False
        self._logs = 0
        self._serials = itertools.count()

    @classmethod
    def attach(cls, name: str, *, max_bytes: int | None, keep: bool) -> Cluster:
        """Return the cluster of this name; make it when no log of it is open."""
        if name not in _CLUSTERS:
            _CLUSTERS[name] = cls(name)
        cluster = _CLUSTERS[name]
        cluster.attached(max_bytes=max_bytes, keep=keep)
        return cluster

    def attached(self, *, max_bytes: int | None, keep: bool) -> None:
        """Count one more open log and apply its options."""
        self._logs += 1
        self.keep = self.keep or keep
        if max_bytes is not None:
            self.max_bytes = max_bytes
            self._evict()

    def detach(self) -> None:
        """Count one log less; the last one drops the data, unless ``keep`` is set."""
        self._logs -= 1
        if self._logs == 0 and not self.keep and _CLUSTERS.get(self.name) is self:
            del _CLUSTERS[self.name]

    @property
    def size_bytes(self) -> int:
        """Bytes held."""
        return sum(partition.size for partition in self.partitions())

    def partitions(self) -> Iterator[PartitionLog]:
        """Every partition of every topic."""
        return (partition for topic in self.topics.values() for partition in topic.partitions)

    def topic(self, name: str) -> Topic:
        """Find a topic.

        Raises:
            UnknownTopicError: It does not exist.
        """
        if (topic := self.topics.get(name)) is not None:
            return topic
        raise unknown_topic(name, self.topics, f"memory://{self.name}")

    def partition(self, name: TopicPartition) -> PartitionLog:
        """Find a partition.

        Raises:
            UnknownTopicError: The topic or the partition does not exist.
        """
        partitions = self.topic(name.topic).partitions
        if not 0 <= name.partition < len(partitions):
            raise unknown_partition(name, len(partitions))
        return partitions[name.partition]

    def group(self, group_id: str) -> Group:
        """Find a group, or make an empty one."""
        return self.groups.setdefault(group_id, Group(group_id))

    def append_rows(self, partition: PartitionLog, rows: Sequence[Row], transaction: Transaction | None) -> int:
        """Append single records; returns the offset of the first."""
        base = partition.append_rows(rows, next(self._serials), transaction)
        self._appended()
        return base

    def append_columns(self, partition: PartitionLog, columns: Sequence[pa.Array]) -> int:
        """Append one batch; returns the offset of its first record."""
        base = partition.append_columns(columns, next(self._serials))
        self._appended()
        return base

    def topics_changed(self) -> None:
        """Rebalance the groups that have members."""
        for group in self.groups.values():
            group.request_rebalance()
        self.changed.notify_all()

    def _write_markers(self, transaction: Transaction) -> None:
        # As on a broker: one marker in each partition written to. Until it is there, the last stable offset stays
        # before the transaction, so a read_committed reader sees all of its records or none.
        for partition in self.partitions():
            if partition.takes_part_in(transaction):
                partition.append_marker(transaction, next(self._serials))
        self._appended()

    def _appended(self) -> None:
        self._evict()
        self.changed.notify_all()

    def _evict(self) -> None:
        # The oldest batch of the whole cluster goes first, whatever its topic; readers then see an `expired` gap.
        while self.size_bytes > self.max_bytes:
            oldest = min(self.partitions(), key=lambda partition: partition.oldest_serial)
            records, freed = oldest.evict_oldest()
            self.evicted_records += records
            self.evicted_bytes += freed
