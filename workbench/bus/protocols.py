"""The protocol of a record log: how this package reads and writes any cluster.

Code above it sees explicit positions, Arrow chunks and exact records, and no type of a client library.
Each method has a deadline of its own (``timeout_s`` of the log, 30 s unless told) and raises the errors of
`workbench.errors`. A log or reader used before opening or after closing raises `RuntimeError`; closing twice is fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import re
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from typing import Self

    import pyarrow as pa

    from workbench.model.records.chunk import Chunk, Isolation, Span
    from workbench.model.records.record import NewRecord, Record, TopicPartition
    from workbench.model.records.written import Compression, WrittenColumns
    from workbench.model.topics import ClockOffset, CommittedOffset, GroupInfo, Outcome, TopicInfo


@dataclass(frozen=True, slots=True)
class AtTime:
    """The first offset whose timestamp is at or after this time; the end where there is none."""

    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class AtCommitted:
    """The offset that a group committed."""

    group_id: str


OffsetSpec: TypeAlias = Literal["earliest", "latest"] | AtTime | AtCommitted


@runtime_checkable
class Reader(Protocol):
    """Reads spans when it is asked to; at most ``prefetch_bytes`` are fetched ahead, whatever the topic's size."""

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        """Return what is ready, waiting up to ``max_wait_ms`` for the first chunk; an empty list when nothing came.

        A chunk may be empty and still advance ``next`` (control records, aborted data, compaction, gaps). A bounded
        span whose start lies above the end is one ``truncated`` gap; one whose stop does waits for it. Several spans
        of a partition are read one after another.

        Raises:
            UnknownTopicError: A topic or partition does not exist, or no longer.
            OffsetOutOfRangeError: A span without a stop starts above the end.
            BrokerUnavailableError: A partition could not be read within the deadline.
        """
        ...

    @property
    def done(self) -> bool:
        """Whether every bounded span reached its stop and none follows."""
        ...

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset to read of each partition."""
        ...

    @property
    def unanswered_s(self) -> float:
        """Seconds that the broker owes an answer about a partition, the longest of all; 0 while nothing is asked.

        A working broker answers within about half a second. Above some seconds nobody knows what was written meanwhile.
        """
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def aclose(self) -> None:
        """Stop fetching and free the buffers; harmless when repeated."""
        ...


@runtime_checkable
class Writer(Protocol):
    """Writes exact records; idempotent, and transactional when it was made with a transactional id.

    A writer without ``transactional_id`` writes at once. With one, `send` is only allowed between `begin` and
    `commit` or `abort`. After an error in a transaction only `abort` or `aclose` remain.
    """

    async def send(self, records: Sequence[NewRecord]) -> list[Outcome]:
        """Write records in order per partition and wait for every acknowledgement; one outcome for each, same order.

        Errors of single records are outcomes, not exceptions: `PublishError` with Kafka's name of the error as its
        ``cause_code`` (``MESSAGE_TOO_LARGE``, ``UNKNOWN_TOPIC_OR_PARTITION``, ``PRODUCER_FENCED``); a lost connection
        gives ``unknown``. Used out of order (outside a transaction, after closing) it raises `WorkbenchError`.
        """
        ...

    async def send_columns(self, topic: str, parts: AsyncIterator[pa.RecordBatch]) -> WrittenColumns:
        """Write records of one topic that are given in columns; otherwise as `send`.

        The next part is taken while the last one is under way. Once a record was not written, no more are taken: the
        outcomes are those of the records that were.

        Args:
            topic: The topic.
            parts: ``partition`` (int32), ``timestamp_ms`` (int64; null: the time of sending), ``key``, ``value``
                (binary) and ``headers``, one row for each record.
        """
        ...

    async def begin(self) -> None: ...
    async def commit(self) -> None: ...
    async def abort(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def aclose(self) -> None:
        """Abort an open transaction and close the connections; harmless when repeated."""
        ...


@runtime_checkable
class GroupMember(Protocol):
    """A member of a consumer group: joins, is assigned partitions, polls and commits. Observing never uses one."""

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions held now."""
        ...

    async def poll(self, max_records: int = 500, max_wait_ms: int = 200) -> list[Record]:
        """Return records of held partitions in offset order per partition, read_committed."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store next offsets; partitions lost in a rebalance raise nothing and are left out."""
        ...

    async def position(self, partition: TopicPartition) -> int: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    def pause(self, partitions: Iterable[TopicPartition]) -> None: ...
    def resume(self, partitions: Iterable[TopicPartition]) -> None: ...
    async def __aenter__(self) -> Self:
        """Join and wait until partitions are assigned and their positions resolved."""
        ...

    async def __aexit__(self, *exc: object) -> None: ...
    async def aclose(self) -> None:
        """Leave the group."""
        ...


@runtime_checkable
class RecordLog(Protocol):
    """A cluster of partition logs. An async context manager: entering does the first I/O."""

    @property
    def address(self) -> str:
        """The address as a URL, without secrets."""
        ...

    @property
    def cluster_id(self) -> str:
        """The cluster's own id; known once open."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def aclose(self) -> None: ...

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        """Describe the named topics, or all; sorted by name. Names that do not exist are left out."""
        ...

    async def topic_names(self) -> list[str]:
        """Names of all topics that this user may describe, sorted; one request, whatever the number of partitions."""
        ...

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        """Read settings of the brokers, by node id and name.

        Brokers whose settings this user may not read are left out, and so are settings that a broker does not know.
        """
        ...

    async def clock_offset(self) -> ClockOffset | None:
        """Compare the clock of the cluster's controller with this machine's; None where the cluster does not tell."""
        ...

    async def offsets(
        self,
        partitions: Iterable[TopicPartition],
        at: OffsetSpec,
        *,
        isolation: Isolation = "read_committed",
    ) -> dict[TopicPartition, int | None]:
        """Look up offsets. ``latest`` is the last stable offset or the high watermark, by isolation.

        None stands for a group that committed nothing there. A partition that does not exist raises
        `UnknownTopicError`.
        """
        ...

    async def log_sizes(self, partitions: Iterable[TopicPartition]) -> dict[int, dict[TopicPartition, int]]:
        """Read how many bytes partitions take on each broker, by node id; brokers that do not tell are left out."""
        ...

    def reader(
        self,
        spans: Sequence[Span],
        *,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> Reader: ...

    def writer(
        self,
        *,
        acks: Literal["all", "leader"] = "all",
        transactional_id: str | None = None,
        compression: Compression = "none",
    ) -> Writer: ...

    def member(
        self,
        group_id: str,
        topics: Collection[str] | re.Pattern[str],
        *,
        start: Literal["earliest", "latest"] = "latest",
        session_timeout_ms: int = 30_000,
        on_revoke: Callable[[frozenset[TopicPartition]], Awaitable[None]] | None = None,
    ) -> GroupMember:
        """Make a member of a consumer group, not yet joined.

        Args:
            group_id: Physical group id.
            topics: Names, or a pattern that also picks up topics created later.
            start: Where a partition begins for which the group committed nothing.
            session_timeout_ms: After this long without a heartbeat the group counts the member as gone.
            on_revoke: Awaited with partitions about to be taken away, before another member gets them: the moment to
                finish the records at work and to commit them.
        """
        ...

    async def groups(self) -> list[str]:
        """Ids of all groups that read topics, sorted: of both consumer protocols, share and streams groups."""
        ...

    async def describe_groups(self, group_ids: Collection[str]) -> list[GroupInfo]: ...
    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]: ...

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Store offsets for a group without members; `GroupActiveError` when it has some."""
        ...

    async def delete_group(self, group_id: str) -> None:
        """Delete a group without members, with the offsets that it stored; `GroupActiveError` when it has some."""
        ...

    async def create_topic(
        self,
        name: str,
        *,
        partitions: int = 1,
        replication_factor: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Create a topic; `TopicExistsError` when it exists, whatever its shape."""
        ...

    async def add_partitions(self, name: str, total: int) -> None: ...
    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> None:
        """Change settings of a topic; None takes one back to its default, and settings that are not named stay."""
        ...

    async def delete_topic(self, name: str) -> None: ...
    async def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Move log starts up to the given offsets."""
        ...
