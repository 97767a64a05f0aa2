"""`MemoryLog`: the record log of the embedded cluster, inside this process."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from workbench.bus.memory import admin, bulk, groups, offsets
from workbench.bus.memory.cluster.cluster import Cluster
from workbench.bus.memory.cluster.connection import Connection
from workbench.bus.memory.member import MemoryMember
from workbench.bus.memory.reader import MemoryReader
from workbench.bus.memory.writer import MemoryWriter
from workbench.bus.oversized import DEFAULT_LARGEST
from workbench.bus.placement import Placement
from workbench.errors import ConfigurationError
from workbench.model.topics import ClockOffset

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from typing import Self

    import pyarrow as pa

    from workbench.bus.memory.cluster.faults import Faults
    from workbench.bus.protocols import OffsetSpec
    from workbench.model.records.chunk import Isolation, Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.records.written import Compression
    from workbench.model.topics import CommittedOffset, GroupInfo, TopicInfo


class MemoryLog:
    """Reads and writes an embedded cluster; see `workbench.bus.protocols.RecordLog`.

    Logs of one name share topics, groups and transactional ids; closing the last of them drops everything. All of
    them belong to one event loop.

    Args:
        name: Name of the cluster within this process.
        max_bytes: How much the cluster may hold; beyond it the oldest batches are evicted, counted in `evicted`, and
            readers see ``expired`` gaps. An append larger than that evicts itself. None keeps the cluster's own limit
            (256 MiB unless another log set it).
        keep: Keep the data of this name when its last log is closed.
        timeout_s: Deadline of a call that `faults` delay.
        max_record_bytes: Bytes of the largest record that is read; a larger one is a gap.
    """

    def __init__(
        self,
        name: str,
        *,
        max_bytes: int | None = None,
        keep: bool = False,
        timeout_s: float = 30.0,
        max_record_bytes: int = DEFAULT_LARGEST,
    ) -> None:
        self._name = name
        self._max_bytes = max_bytes
        self._keep = keep
        self._timeout_s = timeout_s
        self._max_record_bytes = max_record_bytes
        self._connection: Connection | None = None
        self._placement = Placement()
        self._closed = False
        if not name or "/" in name:
            raise ConfigurationError(f"{name!r} names no memory cluster: give a word, such as memory://demo.")
        if max_bytes is not None and max_bytes < 1:
            raise ConfigurationError(f"max_bytes={max_bytes} leaves no room: give a positive number of bytes.")

    def __repr__(self) -> str:
        return f"<MemoryLog {self.address} {'closed' if self._closed else 'open' if self._connection else 'unopened'}>"

    @property
    def address(self) -> str:
        """The address as a URL."""
        return f"memory://{self._name}"

    @property
    def cluster_id(self) -> str:
        """The cluster's own id; known once open."""
        return self._connection.cluster.cluster_id if self._connection is not None else ""

    @property
    def faults(self) -> Faults:
        """Faults to inject into this log."""
        return self._open.faults

    @property
    def evicted(self) -> tuple[int, int]:
        """Records and bytes that were evicted so far to stay within ``max_bytes``."""
        cluster = self._open.cluster
        return cluster.evicted_records, cluster.evicted_bytes

    @property
    def size_bytes(self) -> int:
        """Bytes the cluster holds now."""
        return self._open.cluster.size_bytes

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def open(self) -> None:
        """Join the cluster of this name, or make it.

        Raises:
            RuntimeError: It is open, or was closed.
        """
        if self._connection is not None or self._closed:
            raise RuntimeError(f"{self!r} cannot be opened; make a new one.")
        cluster = Cluster.attach(self._name, max_bytes=self._max_bytes, keep=self._keep)
        self._connection = Connection(cluster, timeout_s=self._timeout_s)

    async def aclose(self) -> None:
        """Leave the cluster; harmless when repeated. The last log of a name drops the data, unless told to keep it."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if self._connection is not None:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        return admin.describe(await self._open.call("Describing topics"), topics)

    async def topic_names(self) -> list[str]:
        return sorted((await self._open.call("Listing topics")).topics)

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        """Return nothing: an embedded cluster has no broker, and forgets no producer."""
        del names
        await self._open.call("Reading broker settings")
        return {}

    async def clock_offset(self) -> ClockOffset:
        """Return no difference: an embedded cluster has this machine's clock."""
        await self._open.call("Comparing clocks")
        return ClockOffset(0, 0)

    async def offsets(
        self,
        partitions: Iterable[TopicPartition],
        at: OffsetSpec,
        *,
        isolation: Isolation = "read_committed",
    ) -> dict[TopicPartition, int | None]:
        return offsets.look_up(await self._open.call("Looking up offsets"), partitions, at, isolation)

    def reader(
        self,
        spans: Sequence[Span],
        *,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> MemoryReader:
        return MemoryReader(self._open, spans, isolation, prefetch_bytes, largest=self._max_record_bytes)

    def writer(
        self,
        *,
        acks: Literal["all", "leader"] = "all",
        transactional_id: str | None = None,
        compression: Compression = "none",
    ) -> MemoryWriter:
        del compression  # nothing is sent
        if transactional_id is not None and acks != "all":
            raise ValueError("A transactional writer needs acks='all'.")
        return MemoryWriter(self._open, transactional_id)

    async def append_batch(self, topic: str, records: pa.RecordBatch) -> dict[int, tuple[int, int]]:
        """Append columns ``value``, and where given ``key, headers, timestamp_ms, partition``, all or nothing.

        Records without a partition are placed by murmur2 of their key, and round robin without a key.

        Returns:
            For each partition written to, its first new offset and one past the last.

        Raises:
            UnknownTopicError: The topic does not exist.
            TableError: A column is missing, unknown or of another type.
            PublishError: The topic refuses a record; nothing was written.
        """
        cluster = await self._open.call(f"Appending to {topic}")
        return bulk.append(cluster, cluster.topic(topic), records, self._placement)

    def member(
        self,
        group_id: str,
        topics: Collection[str] | re.Pattern[str],
        *,
        start: Literal["earliest", "latest"] = "latest",
        session_timeout_ms: int = 30_000,
        on_revoke: Callable[[frozenset[TopicPartition]], Awaitable[None]] | None = None,
    ) -> MemoryMember:
        return MemoryMember(
            self._open,
            group_id,
            topics,
            start=start,
            session_timeout_ms=session_timeout_ms,
            on_revoke=on_revoke,
        )

    async def log_sizes(self, partitions: Iterable[TopicPartition]) -> dict[int, dict[TopicPartition, int]]:
        cluster = await self._open.call("Reading the sizes of partitions")
        return {0: {place: cluster.partition(place).size for place in partitions}}

    async def groups(self) -> list[str]:
        return groups.list_ids(await self._open.call("Listing groups"))

    async def describe_groups(self, group_ids: Collection[str]) -> list[GroupInfo]:
        return groups.describe(await self._open.call("Describing groups"), group_ids)

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        return groups.committed(await self._open.call(f"Reading offsets of group {group_id}"), group_id)

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
        groups.commit(await self._open.call(f"Storing offsets of group {group_id}"), group_id, offsets)

    async def delete_group(self, group_id: str) -> None:
        groups.delete(await self._open.call(f"Deleting group {group_id}"), group_id)

    async def create_topic(
        self,
        name: str,
        *,
        partitions: int = 1,
        replication_factor: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> None:
        cluster = await self._open.call(f"Creating topic {name}")
        admin.create_topic(cluster, name, partitions, replication_factor, config or {})

    async def add_partitions(self, name: str, total: int) -> None:
        admin.add_partitions(await self._open.call(f"Adding partitions to {name}"), name, total)

    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> None:
        admin.alter_config(await self._open.call(f"Changing settings of topic {name}"), name, settings)

    async def delete_topic(self, name: str) -> None:
        admin.delete_topic(await self._open.call(f"Deleting topic {name}"), name)

    async def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Move log starts up to the given offsets."""
        admin.delete_records(await self._open.call("Deleting records"), before)

    def fence(self, transactional_id: str) -> None:
        """Fence the writer of a transactional id, as a second writer would. For tests."""
        self._open.cluster.transactions.identify(transactional_id)

    def punch_holes(self, partition: TopicPartition, offsets: Collection[int]) -> None:
        """Remove single records as compaction would. For tests."""
        self._open.cluster.partition(partition).punch_holes(offsets)

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            state = "was closed" if self._closed else "is not open yet: use it with 'async with', or await open()"
            raise RuntimeError(f"{self.address} {state}.")
        return self._connection
