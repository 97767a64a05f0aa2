"""A member of a consumer group over aiokafka's consumer: classic protocol, read_committed, explicit commits."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
import warnings
from typing import TYPE_CHECKING, Literal

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as ClientPartition
from aiokafka import errors as kafka_errors

from workbench.bus.kafka.reader import KafkaReader
from workbench.errors import WorkbenchError
from workbench.model.records.chunk import Span
from workbench.model.records.record import Record, TimestampType, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
    from typing import Any, Self

    from workbench.bus.kafka.connection.session import Session

    OnRevoke = Callable[[frozenset[TopicPartition]], Awaitable[None]]

_PATTERN_REFRESH_MS = 5_000
_TOPIC_REFRESH_MS = 30_000
_HEARTBEATS_PER_SESSION = 6
_UNREADABLE = (UnicodeDecodeError, kafka_errors.CorruptRecordException)
_NO_LONGER_HELD = (kafka_errors.CommitFailedError, kafka_errors.IllegalStateError, kafka_errors.UnknownMemberIdError)


class KafkaMember:
    """Joins a consumer group; see `workbench.bus.protocols.GroupMember`.

    aiokafka's parser stops for good at a header name that is not UTF-8. Such records are read by `KafkaReader`, and the
    consumer is moved behind them.
    """

    def __init__(
        self,
        session: Session,
        group_id: str,
        topics: Collection[str] | re.Pattern[str],
        *,
        start: Literal["earliest", "latest"],
        session_timeout_ms: int,
        on_revoke: OnRevoke | None,
    ) -> None:
        self._session = session
        self._group_id = group_id
        self._topics = topics
        self._start: Literal["earliest", "latest"] = start
        self._session_timeout_ms = session_timeout_ms
        self._listener = _Listener(on_revoke)
        self._consumer: AIOKafkaConsumer | None = None
        self._first = itertools.count()
        self._failure: Exception | None = None
        """Met by the last poll behind records that it returned; the next one raises it."""
        self._closed = False

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions held now."""
        return frozenset() if self._consumer is None else _ours(self._consumer.assignment())

    async def __aenter__(self) -> Self:
        """Join and wait until partitions are assigned and their positions resolved.

        Raises:
            UnknownTopicError: A named topic does not exist.
            BrokerUnavailableError: The group did not settle within the deadline.
        """
        if self._consumer is not None or self._closed:
            raise WorkbenchError(f"This member of group {self._group_id} was used before; make a new one.")
        try:
            async with self._session.deadline(f"Joining group {self._group_id}"):
                await self._join()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def poll(self, max_records: int = 500, max_wait_ms: int = 200) -> list[Record]:
        """Return records of held partitions in offset order per partition, read_committed."""
        consumer = self._joined
        until = time.monotonic() + max_wait_ms / 1000
        while True:
            with self._session.translated(f"Polling in group {self._group_id}"):
                self._raise_failure()
                records = await self._ready(consumer, max_records, until)
                left = until - time.monotonic()
                if records or left <= 0:
                    return records
                await _arrival(consumer, left)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store next offsets; partitions lost in a rebalance raise nothing and are left out."""
        consumer = self._joined
        held = {_theirs(p): offset for p, offset in offsets.items() if p in self.assignment}
        if not held:
            return
        async with self._session.deadline(f"Committing in group {self._group_id}"):
            with contextlib.suppress(*_NO_LONGER_HELD):
                await consumer.commit(held)

    async def position(self, partition: TopicPartition) -> int:
        """Return the next offset that `poll` will give of a held partition."""
        async with self._session.deadline(f"Reading the position in {partition}"):
            return int(await self._joined.position(_theirs(partition)))

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on at this offset."""
        with self._session.translated(f"Seeking in {partition}"):
            self._joined.seek(_theirs(partition), offset)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Give no records of these until `resume`."""
        self._joined.pause(*map(_theirs, partitions))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Undo `pause`."""
        self._joined.resume(*map(_theirs, partitions))

    async def aclose(self) -> None:
        """Leave the group; harmless when repeated."""
        self._closed = True
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(kafka_errors.KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(self._session.timeout_s):
                    await consumer.stop()

    def __del__(self) -> None:
        if self._consumer is not None:
            text = f"A member of group {self._group_id} was not closed"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)

    @property
    def _joined(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            state = "has left" if self._closed else "has not joined yet: use it with 'async with'"
            raise WorkbenchError(f"This member of group {self._group_id} {state}.")
        return self._consumer

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def _join(self) -> None:
        names = None if isinstance(self._topics, re.Pattern) else sorted(self._topics)
        if names is not None:
            known = (await self._session.retry(lambda: self._session.metadata(names))).topics
            for topic in names:
                if topic not in known or not known[topic].partitions:
                    raise await self._session.unknown(topic)
        connections = self._session.connections
        self._consumer = consumer = AIOKafkaConsumer(
            bootstrap_servers=connections.addresses,
            client_id=connections.client_id,
            group_id=self._group_id,
            enable_auto_commit=False,  # only handled records may be committed, and only the caller knows which
            isolation_level="read_committed",
            auto_offset_reset=self._start,
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=max(1, min(3_000, self._session_timeout_ms // _HEARTBEATS_PER_SESSION)),
            # A pattern also takes topics that are created later: how soon, this decides.
            metadata_max_age_ms=_PATTERN_REFRESH_MS if names is None else _TOPIC_REFRESH_MS,
            # JoinGroup is answered when the rebalance is over, which may take as long as a session.
            request_timeout_ms=round(self._session.timeout_s * 1000) + self._session_timeout_ms,
            **connections.security.client_options(),
        )
        if names is None:
            consumer.subscribe(pattern=self._topics, listener=self._listener)
        else:
            consumer.subscribe(topics=names, listener=self._listener)
        await consumer.start()
        # Only now is a later record sure to be delivered: assigned, and every start position resolved.
        await self._listener.assigned.wait()
        for partition in consumer.assignment():
            with contextlib.suppress(kafka_errors.IllegalStateError):
                await consumer.position(partition)

    async def _ready(self, consumer: AIOKafkaConsumer, max_records: int, until: float) -> list[Record]:
        """Take records partition by partition, because one that cannot be parsed fails the whole call.

        Each poll begins with the next partition, so that a busy one does not fill all of them.
        """
        records: list[Record] = []
        partitions = sorted(consumer.assignment() - consumer.paused())
        first = next(self._first) % len(partitions) if partitions else 0
        for partition in partitions[first:] + partitions[:first]:
            room = max_records - len(records)
            if room <= 0:
                break
            try:
                records += await self._of_partition(consumer, partition, room, until)
            except TimeoutError:
                break
            except Exception as error:
                if not records:
                    raise
                # The consumer has passed these records already: raised now, the error would lose them.
                self._failure = error
                break
        return records

    async def _of_partition(
        self, consumer: AIOKafkaConsumer, partition: ClientPartition, room: int, until: float
    ) -> list[Record]:
        try:
            async with asyncio.timeout(max(0.05, until - time.monotonic())):
                found = await consumer.getmany(partition, timeout_ms=0, max_records=room)
        except _UNREADABLE:
            return await self._read_past(consumer, partition, room)
        return [_record(row) for rows in found.values() for row in rows]

    async def _read_past(self, consumer: AIOKafkaConsumer, partition: ClientPartition, room: int) -> list[Record]:
        """Read with `KafkaReader` what aiokafka's parser refuses, and move the consumer behind it."""
        position = await consumer.position(partition)
        span = Span(partition.topic, partition.partition, position, None)
        async with KafkaReader(self._session, [span], "read_committed", 1 << 16) as reader:
            for chunk in await reader.read(1, round(self._session.timeout_s * 1000)):
                records = chunk.rows()
                after = chunk.next if len(records) <= room else records[room].offset
                with contextlib.suppress(kafka_errors.IllegalStateError):
                    consumer.seek(partition, after)
                    return records[:room]
        return []


async def _arrival(consumer: AIOKafkaConsumer, timeout_s: float) -> None:
    """Wait until the consumer has fetched something; polling by a timer would delay each delivery by its interval."""
    fetcher = consumer._fetcher  # noqa: SLF001 - the public waits take one error for all partitions
    ready = consumer.assignment() - consumer.paused()
    if fetcher is None or ready & fetcher._records.keys():  # noqa: SLF001
        await asyncio.sleep(0)
        return
    waiter = fetcher._create_fetch_waiter()  # noqa: SLF001
    try:
        done, _ = await asyncio.wait([waiter], timeout=timeout_s)
    finally:
        waiter.cancel()
    if done:
        waiter.result()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    def __init__(self, on_revoke: OnRevoke | None) -> None:
        self.assigned = asyncio.Event()
        self._on_revoke = on_revoke

    async def on_partitions_revoked(self, revoked: Collection[ClientPartition]) -> None:
        if revoked and self._on_revoke is not None:
            await self._on_revoke(_ours(revoked))

    async def on_partitions_assigned(self, assigned: Collection[ClientPartition]) -> None:
        del assigned
        self.assigned.set()


def _ours(partitions: Iterable[ClientPartition]) -> frozenset[TopicPartition]:
    return frozenset(TopicPartition(partition.topic, partition.partition) for partition in partitions)


def _theirs(partition: TopicPartition) -> ClientPartition:
    return ClientPartition(partition.topic, partition.partition)


def _record(row: Any) -> Record:
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        timestamp_ms=-1 if row.timestamp is None else row.timestamp,
        timestamp_type=TimestampType.NONE if row.timestamp is None else TimestampType(row.timestamp_type),
        key=row.key,
        value=row.value,
        headers=tuple((name.encode(), value) for name, value in row.headers),
    )
