"""Sends batches to the partition leaders and tells which records were written, refused, or are in doubt."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from aiokafka.protocol.produce import ProduceRequest

from workbench.bus.kafka.connection.session import is_retriable
from workbench.bus.kafka.connection.translate import NOT_ANSWERED
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, ProducerFields, encode_batch, size_of
from workbench.bus.kafka.producing.producer import is_fenced
from workbench.bus.kafka.wire.codes import Code, CodeError, name_of
from workbench.bus.refusals import not_written
from workbench.errors import BrokerUnavailableError, UnknownTopicError, WorkbenchError
from workbench.model.topics import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.producing.producer import Producer
    from workbench.bus.kafka.producing.tail import Tail
    from workbench.model.records.record import NewRecord, TopicPartition

_BATCH_BYTES = 512 << 10
_BATCH_RECORDS = 5_000
_PARTITIONS_AT_ONCE = 10
_PAUSE_S = 0.1
_ACKS_ALL, _ACKS_LEADER = -1, 1
_RECORD_ERRORS = frozenset(
    {Code.MESSAGE_TOO_LARGE, Code.RECORD_LIST_TOO_LARGE, Code.INVALID_TIMESTAMP, Code.INVALID_RECORD},
)
_PERHAPS_APPENDED = frozenset({Code.REQUEST_TIMED_OUT, Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND})
"""The leader appended the batch and could not replicate it in time: it may stay or vanish with the leader."""
_SEQUENCE_LOST = frozenset({Code.OUT_OF_ORDER_SEQUENCE, Code.UNKNOWN_PRODUCER_ID})
_numbers = itertools.count(1)


@dataclass(slots=True)
class Entry:
    """One record to send, with its place among those of the call."""

    index: int
    record: NewRecord
    timestamp_ms: int


@dataclass(slots=True)
class PartitionQueue:
    """The records for one partition, in order."""

    partition: TopicPartition
    entries: list[Entry] = field(default_factory=list)

    def add(self, index: int, record: NewRecord, timestamp_ms: int) -> None:
        """Append a record."""
        self.entries.append(Entry(index, record, timestamp_ms))

    def batches(self) -> Iterator[list[Entry]]:
        """Group the records into batches of bounded size."""
        batch: list[Entry] = []
        size = HEADER_BYTES
        for entry in self.entries:
            more = size_of(entry.record)
            if batch and (size + more > _BATCH_BYTES or len(batch) >= _BATCH_RECORDS):
                yield batch
                batch, size = [], HEADER_BYTES
            batch.append(entry)
            size += more
        if batch:
            yield batch


class UnknownOutcome(Exception):  # noqa: N818 - a state, and no fault of anyone
    """A batch may or may not have been appended."""


def _give_up(failure: BaseException, *, uncertain: bool) -> NoReturn:
    if uncertain:
        raise UnknownOutcome from failure
    raise failure


class Delivery:
    """Sends to several partitions at once, and to each partition one batch after the other.

    One batch under way per partition keeps the order without counting on the broker to sort repetitions out.
    """

    def __init__(self, session: Session, producer: Producer | None, tail: Tail | None = None) -> None:
        self.used = False
        self._tail = tail
        self._ends: dict[TopicPartition, int] = {}
        self._session = session
        self._producer = producer
        self._purpose = f"write-{next(_numbers)}"
        self._leaders: dict[TopicPartition, int] = {}

    async def deliver(self, queues: Iterable[PartitionQueue]) -> list[tuple[int, Outcome]]:
        """Send the records of some partitions; each outcome comes with the index of its record."""
        self.used = True
        room = asyncio.Semaphore(_PARTITIONS_AT_ONCE)

        async def one(queue: PartitionQueue) -> list[tuple[int, Outcome]]:
            async with room:
                return await self._queue(queue)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(queue), name=f"kafka-write-{queue.partition}") for queue in queues]
        return [outcome for task in tasks for outcome in task.result()]

    def remember_leader(self, partition: TopicPartition, leader: int | None) -> None:
        """Keep the leader that the metadata just read names."""
        if leader is not None:
            self._leaders.setdefault(partition, leader)

    def mark_unknown(self) -> None:
        """Note that batches under way have an unknown outcome.

        Their sequence numbers cannot be used again, so a new producer id is needed; an open transaction can only abort.
        """
        if self._producer is None:
            return
        if self._producer.transactional_id is None:
            self._producer.drop_id()
        elif self._producer.state == "open":
            self._producer.state = "failed"

    async def aclose(self) -> None:
        """Close the sockets of this writer."""
        await self._session.connections.drop(self._purpose)

    async def _queue(self, queue: PartitionQueue) -> list[tuple[int, Outcome]]:
        done: list[tuple[int, Outcome]] = []
        try:
            if self._producer is not None:
                await self._producer.add_partitions([queue.partition])
        except (CodeError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            return self._failed(queue, queue.entries, error)
        blocked: Exception | None = None
        for batch in queue.batches():
            # Nothing overtakes a batch that failed: sent again later, it would come behind its successors.
            if blocked is not None:
                done += self._failed(queue, batch, blocked)
                continue
            found, blocked = await self._batch(queue, batch)
            done += found
        return done

    async def _batch(
        self, queue: PartitionQueue, batch: list[Entry]
    ) -> tuple[list[tuple[int, Outcome]], Exception | None]:
        """Send one batch; when the broker refuses it because of a record, halve it until that record is found."""
        try:
            offset, append_time = await self._append(queue.partition, batch)
        except UnknownOutcome as doubt:
            self.mark_unknown()
            error = doubt.__cause__ if isinstance(doubt.__cause__, Exception) else doubt
            return self._unknown(queue, batch, error), error
        except CodeError as error:
            if error.code in _RECORD_ERRORS and len(batch) > 1:
                # A refused batch used no sequence numbers, so its halves can be sent in its place.
                middle = len(batch) // 2
                first, blocked = await self._batch(queue, batch[:middle])
                if blocked is not None:
                    return first + self._failed(queue, batch[middle:], blocked), blocked
                second, blocked = await self._batch(queue, batch[middle:])
                return first + second, blocked
            is_record_error = error.code in _RECORD_ERRORS
            if not is_record_error or self._in_transaction:
                self.mark_unknown()
            return self._failed(queue, batch, error), None if is_record_error else error
        except (UnknownTopicError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            return self._failed(queue, batch, error), error
        return [
            (entry.index, self._acked(queue, entry, offset + number, append_time)) for number, entry in enumerate(batch)
        ], None

    @property
    def _in_transaction(self) -> bool:
        return self._producer is not None and self._producer.transactional_id is not None

    async def _append(self, partition: TopicPartition, batch: Sequence[Entry]) -> tuple[int, int]:
        """Append a batch, repeating it while that is safe; return its first offset and the append time or -1.

        Raises:
            UnknownOutcome: It may have been appended.
            CodeError: It was refused.
        """
        fields = self._producer.fields_for(partition) if self._producer is not None else ProducerFields()
        data = encode_batch([entry.record for entry in batch], [entry.timestamp_ms for entry in batch], fields)
        until = time.monotonic() + self._session.timeout_s
        uncertain = False
        while True:
            try:
                offset, append_time = await self._attempt(partition, batch, data, uncertain=uncertain)
                break
            except UnknownOutcome as doubt:
                # With a producer id the same bytes can be sent again: the broker knows them by their sequence number,
                # and where it forgot them, the tail of the log tells.
                answered = not isinstance(doubt.__cause__, NOT_ANSWERED)
                if self._producer is None or (answered and self._tail is None):
                    raise
                uncertain, failure = True, doubt.__cause__ or doubt
            except (CodeError, BrokerUnavailableError, *NOT_ANSWERED) as error:
                # BrokerUnavailableError: the end of the partition could not be asked for.
                if not is_retriable(error) and not isinstance(error, BrokerUnavailableError):
                    raise
                failure = error
                uncertain = uncertain or (isinstance(error, CodeError) and error.code in _PERHAPS_APPENDED)
            # The leader may have moved; the next attempt reads the metadata again.
            self._leaders.pop(partition, None)
            if time.monotonic() + _PAUSE_S > until:
                _give_up(failure, uncertain=uncertain)
            await asyncio.sleep(_PAUSE_S)
        if self._producer is not None:
            self._producer.appended(partition, len(batch))
        self._ends[partition] = offset + len(batch)
        return offset, append_time

    async def _attempt(
        self, partition: TopicPartition, batch: Sequence[Entry], data: bytes, *, uncertain: bool
    ) -> tuple[int, int]:
        """Send a batch once; one that may have been appended before is looked for first."""
        if self._tail is not None:
            if partition not in self._ends:
                self._ends[partition] = await self._tail.end(partition)
            if uncertain:
                found = await self._found(self._tail, partition, batch)
                if found is not None:
                    return found, -1
        code, offset, append_time = await self._produce(partition, data)
        if code == Code.NONE and offset >= 0:
            return offset, append_time
        raise self._retriable_error(code, partition, uncertain=uncertain)

    async def _found(self, tail: Tail, partition: TopicPartition, batch: Sequence[Entry]) -> int | None:
        try:
            return await tail.find(partition, self._ends[partition], [entry.record for entry in batch])
        except WorkbenchError as error:
            # For instance no right to read the topic: then nobody can tell, and the batch is not sent again.
            raise UnknownOutcome from error

    def _retriable_error(self, code: int, partition: TopicPartition, *, uncertain: bool) -> CodeError:
        """Return the error of a batch that may be sent again; raise when it was refused or its outcome is unknown."""
        error = CodeError(code, str(partition))
        # Appended, but the answer has no offset. A lost sequence after an attempt without an answer may mean the same:
        # the broker no longer remembers the batch that it appended the first time.
        if code in (Code.NONE, Code.DUPLICATE_SEQUENCE) or (uncertain and code in _SEQUENCE_LOST):
            raise UnknownOutcome from error
        # Without a producer id the broker cannot recognise a repetition: sending again might write the batch twice.
        if code in _PERHAPS_APPENDED and self._producer is None:
            raise UnknownOutcome from error
        if not error.retriable:
            raise error
        return error

    async def _produce(self, partition: TopicPartition, data: bytes) -> tuple[int, int, int]:
        node = self._leaders.get(partition)
        if node is None:
            node = next(iter(await self._session.leaders([partition])))
            self._leaders[partition] = node
        connections = self._session.connections
        # Connected first, outside the handler below: a request that was never sent has a certain outcome.
        await connections.socket(node, self._purpose)
        request: Any = ProduceRequest(
            self._producer.transactional_id if self._producer is not None else None,
            _ACKS_ALL if self._producer is not None else _ACKS_LEADER,
            round(self._session.timeout_s * 1000),
            [(partition.topic, [(partition.partition, data)])],
        )
        try:
            answer = await connections.send(node, request, self._purpose)
        except NOT_ANSWERED as error:
            raise UnknownOutcome from error
        row = answer.topics[0][1][0]
        return row[1], row[2], row[3]

    def _acked(self, queue: PartitionQueue, entry: Entry, offset: int, append_time: int) -> Outcome:
        timestamp = append_time if append_time >= 0 else entry.timestamp_ms
        return Outcome("acked", queue.partition.topic, queue.partition.partition, offset, timestamp)

    def _failed(self, queue: PartitionQueue, entries: Sequence[Entry], error: Exception) -> list[tuple[int, Outcome]]:
        code = name_of(error.code) if isinstance(error, CodeError) else type(error).__name__
        why = "another writer uses the same transactional id" if is_fenced(error) else str(error) or code
        outcomes = []
        for entry in entries:
            failure = not_written(entry.record, code, why, retriable=is_retriable(error))
            failure.__cause__ = error
            outcomes.append((entry.index, self._outcome("failed", queue, entry, failure)))
        return outcomes

    def _unknown(self, queue: PartitionQueue, entries: Sequence[Entry], error: Exception) -> list[tuple[int, Outcome]]:
        addresses = self._session.connections.addresses
        outcomes = []
        for entry in entries:
            failure = BrokerUnavailableError(
                f"Whether a record for {queue.partition} was written is not known: {error or type(error).__name__}. "
                "Look at the end of the partition before sending it again.",
                addresses=addresses,
            )
            failure.__cause__ = error
            outcomes.append((entry.index, self._outcome("unknown", queue, entry, failure)))
        return outcomes

    def _outcome(self, status: Any, queue: PartitionQueue, entry: Entry, error: Exception) -> Outcome:
        return Outcome(
            status,
            queue.partition.topic,
            queue.partition.partition,
            timestamp_ms=entry.timestamp_ms,
            error=error,
        )
