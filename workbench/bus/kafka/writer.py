"""Writes exact records and waits for every acknowledgement; one outcome per record."""

from __future__ import annotations

import asyncio
import contextlib
import time
import warnings
from typing import TYPE_CHECKING, Literal

from workbench.bus.kafka.producing.column_stream import LARGEST_REQUEST, ColumnStream
from workbench.bus.kafka.producing.compressing import CODES
from workbench.bus.kafka.producing.delivery import Delivery
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, size_of
from workbench.bus.kafka.producing.producer import Producer, is_fenced
from workbench.bus.kafka.producing.queues import RecordQueue
from workbench.bus.placement import Placement
from workbench.bus.refusals import (
    no_open_transaction,
    no_such_partition,
    no_such_topic,
    not_written,
    outside_transaction,
)
from workbench.errors import PublishError, WorkbenchError
from workbench.model.records.record import TopicPartition
from workbench.model.topics import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from typing import Self

    import pyarrow as pa

    from workbench.bus.kafka.connection.metadata import TopicMetadata
    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.producing.feeds import Settled
    from workbench.bus.kafka.producing.queues import Queue
    from workbench.bus.kafka.producing.tail import Tail
    from workbench.model.records.record import NewRecord
    from workbench.model.records.written import Compression, WrittenColumns

_CLOSE_S = 5.0
_KNOWN_FOR_S = 10.0
"""Seconds for which metadata is used again: asking before each call would cost a round trip."""


class KafkaWriter:
    """Writes records to Kafka; see `workbench.bus.protocols.Writer`. With ``acks="all"`` it is idempotent."""

    def __init__(
        self,
        session: Session,
        acks: Literal["all", "leader"],
        transactional_id: str | None,
        tail: Tail | None = None,
        compression: Compression = "none",
    ) -> None:
        self._session = session
        self._producer = Producer(session, transactional_id) if acks == "all" else None
        self._transactional_id = transactional_id
        self._delivery = Delivery(session, self._producer, tail, CODES[compression])
        self._known_topics: dict[str, tuple[TopicMetadata, float]] = {}
        self._placement = Placement()
        self._lock = asyncio.Lock()
        self._closed = False
        if transactional_id is not None and acks != "all":
            raise ValueError("A transactional writer needs acks='all'.")

    async def __aenter__(self) -> Self:
        if self._transactional_id is not None:
            async with self._lock:
                await self._identify()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def send(self, records: Sequence[NewRecord]) -> list[Outcome]:
        """Write records in order per partition and wait for every acknowledgement; one outcome each, same order.

        Raises:
            WorkbenchError: The writer is closed, or transactional and outside an open transaction.
        """
        async with self._lock:
            self._require_open()
            try:
                return await self._send(records)
            except BaseException:
                # Cancelled or failed with batches under way.
                self._delivery.mark_unknown()
                raise

    async def send_columns(self, topic: str, parts: AsyncIterator[pa.RecordBatch]) -> WrittenColumns:
        """Write records of one topic, given in columns, as `send` does; see `workbench.bus.protocols.Writer`.

        Raises:
            WorkbenchError: The writer is closed, or transactional and outside an open transaction.
        """
        async with self._lock:
            self._require_open()
            try:
                return await self._send_parts(topic, parts)
            except BaseException:
                self._delivery.mark_unknown()
                raise

    async def begin(self) -> None:
        """Open a transaction.

        Raises:
            WorkbenchError: The writer is not transactional, or a transaction is open or has failed.
        """
        async with self._lock:
            producer = self._transactional("begin")
            if producer.state != "none":
                raise WorkbenchError(f"A transaction of {self._transactional_id} is {producer.state}: end it first.")
            if not producer.has_id:
                await self._identify()
            producer.state = "open"

    async def commit(self) -> None:
        """Make what was sent since `begin` visible, all of it.

        Raises:
            PublishError: The transaction was fenced or refused; nothing of it is visible.
            BrokerUnavailableError: No answer came; whether it was committed is not known.
        """
        async with self._lock:
            producer = self._transactional("commit")
            if producer.state != "open":
                raise no_open_transaction(str(self._transactional_id), producer.state)
            await self._end(producer, commit=True)

    async def abort(self) -> None:
        """Undo what was sent since `begin`; also the way out of a transaction that failed."""
        async with self._lock:
            producer = self._transactional("abort")
            if producer.state == "none":
                raise WorkbenchError(f"No transaction of {self._transactional_id} is open.")
            # Whether the transaction ended is unknown, or its producer id was dropped: a new epoch aborts an open one.
            if producer.state == "lost" or not producer.has_id:
                await self._identify()
            else:
                await self._end(producer, commit=False)

    async def aclose(self) -> None:
        """Abort an open transaction as far as the broker answers, and close the sockets; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        producer = self._producer
        if producer is not None and producer.state in ("open", "failed"):
            with contextlib.suppress(WorkbenchError, TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await self._end(producer, commit=False)
        await self._delivery.aclose()

    def __del__(self) -> None:
        if self._delivery.used and not self._closed:
            warnings.warn("A Kafka writer was not closed", ResourceWarning, stacklevel=2, source=self)

    def _require_open(self) -> None:
        if self._closed:
            raise WorkbenchError("The writer is closed; make a new one.")
        state = self._producer.state if self._producer is not None else "none"
        if self._transactional_id is not None and state != "open":
            raise outside_transaction(self._transactional_id, state)

    def _transactional(self, what: str) -> Producer:
        if self._closed:
            raise WorkbenchError("The writer is closed; make a new one.")
        if self._producer is None or self._transactional_id is None:
            raise WorkbenchError(f"Cannot {what}: the writer was made without a transactional id.")
        return self._producer

    async def _identify(self) -> None:
        if self._producer is not None:
            async with self._session.deadline("Starting a writer"):
                await self._producer.identify()

    async def _end(self, producer: Producer, *, commit: bool) -> None:
        what = "Committing" if commit else "Aborting"
        try:
            async with self._session.deadline(f"{what} the transaction of {self._transactional_id}"):
                try:
                    await producer.end(commit=commit)
                except Exception as error:
                    producer.state = "lost"
                    if is_fenced(error):
                        raise PublishError(
                            f"{what} the transaction of {self._transactional_id} failed: another writer uses the same "
                            "id, or the transaction timed out. Nothing of it is visible.",
                            cause_code="PRODUCER_FENCED",
                        ) from error
                    raise
        except asyncio.CancelledError:
            # The request may have been sent; its answer is not read any more.
            producer.state = "lost"
            raise

    async def _send(self, records: Sequence[NewRecord]) -> list[Outcome]:
        outcomes: list[Outcome | None] = [None] * len(records)
        async with self._session.deadline("Reading metadata"):
            topics = await self._topics({(record.topic, record.partition) for record in records})
        queues: dict[TopicPartition, RecordQueue] = {}
        now = time.time_ns() // 1_000_000
        for index, record in enumerate(records):
            placed = self._place(record, topics.get(record.topic))
            if isinstance(placed, PublishError):
                outcomes[index] = Outcome("failed", record.topic, record.partition, error=placed)
                continue
            queue = queues.get(placed)
            if queue is None:
                queue = queues[placed] = RecordQueue(placed)
                self._delivery.attempts.remember_leader(
                    placed, topics[record.topic].partitions[placed.partition].leader
                )
            queue.add(index, record, now if record.timestamp_ms is None else record.timestamp_ms)
        for settled in await self._deliver(list(queues.values())):
            at, offset = settled.partition, settled.offset
            for number, (index, timestamp) in enumerate(zip(settled.batch.rows, settled.batch.timestamps, strict=True)):
                stored = int(timestamp) if settled.append_time < 0 else settled.append_time
                where = offset + number if settled.status == "acked" else None
                outcomes[index] = Outcome(settled.status, at.topic, at.partition, where, stored, settled.error)
        return [outcome for outcome in outcomes if outcome is not None]

    async def _send_parts(self, topic: str, parts: AsyncIterator[pa.RecordBatch]) -> WrittenColumns:
        if self._producer is not None and not self._producer.has_id:
            await self._identify()

        async def metadata(numbers: Sequence[int]) -> TopicMetadata | None:
            async with self._session.deadline("Reading metadata"):
                return (await self._topics({(topic, number) for number in numbers})).get(topic)

        return await ColumnStream(topic, self._delivery, metadata).send(parts)

    async def _deliver(self, queues: Sequence[Queue]) -> list[Settled]:
        if not queues:
            return []
        if self._producer is not None and not self._producer.has_id:
            await self._identify()
        return await self._delivery.deliver(queues)

    async def _topics(self, wanted: Collection[tuple[str, int | None]]) -> Mapping[str, TopicMetadata]:
        """Return metadata, cached for `_KNOWN_FOR_S`; a topic is asked for again when its partition is not in there."""
        now = time.monotonic()
        names = {topic for topic, _ in wanted}
        unknown = {
            name for name in names if name not in self._known_topics or now - self._known_topics[name][1] > _KNOWN_FOR_S
        }
        unknown |= {
            topic
            for topic, partition in wanted
            if partition is not None
            and topic not in unknown
            and partition not in self._known_topics[topic][0].partitions
        }
        if unknown:
            found = (await self._session.retry(lambda: self._session.metadata(unknown))).topics
            for name in unknown:
                self._known_topics.pop(name, None)
                if name in found and found[name].partitions:
                    self._known_topics[name] = (found[name], now)
        return {name: self._known_topics[name][0] for name in names if name in self._known_topics}

    def _place(self, record: NewRecord, topic: TopicMetadata | None) -> TopicPartition | PublishError:
        """Choose the partition of a record, or return the error of one that cannot be sent."""
        if topic is None:
            return no_such_topic(record)
        if HEADER_BYTES + size_of(record) > LARGEST_REQUEST:
            return not_written(record, "MESSAGE_TOO_LARGE", "it is larger than any broker accepts")
        count = len(topic.partitions)
        partition = record.partition
        if partition is None:
            partition = self._placement.of_key(record.topic, record.key, count)
        if partition not in topic.partitions:
            return no_such_partition(record, partition, count)
        return TopicPartition(record.topic, partition)
