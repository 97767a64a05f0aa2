"""Batches to the leaders and acknowledgements back, with what is certain told from what is not."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from aiokafka import errors as kafka_errors
from aiokafka.protocol.produce import ProduceRequest

from workbench.bus.kafka.connection.session import may_pass
from workbench.bus.kafka.producing.encoding import HEADER_BYTES, ProducerStamp, encode_batch, size_of
from workbench.bus.kafka.producing.producer import is_fenced
from workbench.bus.kafka.wire.codes import Code, CodeError, name_of
from workbench.errors import BrokerUnavailableError, PublishError, UnknownTopicError
from workbench.model.topics import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.producing.producer import Producer
    from workbench.model.record import NewRecord, TopicPartition

_BATCH_BYTES = 512 << 10
_BATCH_RECORDS = 5_000
_LANES_AT_ONCE = 10
_PAUSE_S = 0.1
_ACKS_ALL, _ACKS_LEADER = -1, 1
_OF_THE_RECORD = frozenset(
    {Code.MESSAGE_TOO_LARGE, Code.RECORD_LIST_TOO_LARGE, Code.INVALID_TIMESTAMP, Code.INVALID_RECORD},
)
_PERHAPS_APPENDED = frozenset({Code.REQUEST_TIMED_OUT, Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND})
_SEQUENCE_LOST = frozenset({Code.OUT_OF_ORDER_SEQUENCE, Code.UNKNOWN_PRODUCER_ID})
_NOT_ANSWERED = (kafka_errors.KafkaError, OSError, TimeoutError)
_numbers = itertools.count(1)


@dataclass(slots=True)
class Entry:
    """One record on its way."""

    index: int
    record: NewRecord
    timestamp_ms: int


@dataclass(slots=True)
class Lane:
    """What goes to one partition, in order."""

    partition: TopicPartition
    entries: list[Entry] = field(default_factory=list)

    def add(self, index: int, record: NewRecord, timestamp_ms: int) -> None:
        self.entries.append(Entry(index, record, timestamp_ms))

    def batches(self) -> Iterator[list[Entry]]:
        """Cut the lane into batches of bounded size."""
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


class Uncertain(Exception):  # noqa: N818 - it names what is known
    """A batch may or may not have been appended."""


def publish_error(record: NewRecord, code: str, why: str, *, retriable: bool = False) -> PublishError:
    """Make the error of one record's outcome."""
    where = record.topic if record.partition is None else f"{record.topic}/{record.partition}"
    return PublishError(
        f"A record for {where} was not written: {why}.",
        topic=record.topic,
        partition=record.partition,
        cause_code=code,
        retriable=retriable,
    )


def _give_up(failure: BaseException, *, uncertain: bool) -> NoReturn:
    if uncertain:
        raise Uncertain from failure
    raise failure


class Delivery:
    """Sends lanes side by side and the batches of a lane one after another."""

    def __init__(self, session: Session, producer: Producer | None) -> None:
        self.used = False
        self._session = session
        self._producer = producer
        self._purpose = f"write-{next(_numbers)}"
        self._leaders: dict[TopicPartition, int] = {}

    async def deliver(self, lanes: Iterable[Lane]) -> list[tuple[int, Outcome]]:
        """Deliver lanes; outcomes come with the index of their record."""
        self.used = True
        room = asyncio.Semaphore(_LANES_AT_ONCE)

        async def one(lane: Lane) -> list[tuple[int, Outcome]]:
            async with room:
                return await self._lane(lane)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(lane), name=f"kafka-write-{lane.partition}") for lane in lanes]
        return [outcome for task in tasks for outcome in task.result()]

    def learn_leader(self, partition: TopicPartition, leader: int | None) -> None:
        """Take a leader from metadata just read."""
        if leader is not None:
            self._leaders.setdefault(partition, leader)

    def spoil(self) -> None:
        """What was under way is not known: numbers in use are given up, an open transaction can only be aborted."""
        if self._producer is None:
            return
        if self._producer.transactional_id is None:
            self._producer.forget()
        elif self._producer.state == "open":
            self._producer.state = "failed"

    async def aclose(self) -> None:
        """Close the sockets of this writer."""
        await self._session.connections.drop(self._purpose)

    async def _lane(self, lane: Lane) -> list[tuple[int, Outcome]]:
        done: list[tuple[int, Outcome]] = []
        try:
            if self._producer is not None:
                await self._producer.include([lane.partition])
        except (CodeError, *_NOT_ANSWERED) as error:
            self.spoil()
            return self._failed(lane, lane.entries, error)
        blocked: Exception | None = None
        for batch in lane.batches():
            if blocked is not None:
                done += self._failed(lane, batch, blocked)
                continue
            found, blocked = await self._batch(lane, batch)
            done += found
        return done

    async def _batch(self, lane: Lane, batch: list[Entry]) -> tuple[list[tuple[int, Outcome]], Exception | None]:
        """Send one batch; what the broker refuses for a record's sake is halved until the record is found."""
        try:
            offset, append_time = await self._append(lane.partition, batch)
        except Uncertain as doubt:
            self.spoil()
            error = doubt.__cause__ if isinstance(doubt.__cause__, Exception) else doubt
            return self._unknown(lane, batch, error), error
        except CodeError as error:
            if error.code in _OF_THE_RECORD and len(batch) > 1:
                middle = len(batch) // 2
                first, blocked = await self._batch(lane, batch[:middle])
                if blocked is not None:
                    return first + self._failed(lane, batch[middle:], blocked), blocked
                second, blocked = await self._batch(lane, batch[middle:])
                return first + second, blocked
            of_the_record = error.code in _OF_THE_RECORD
            if not of_the_record or self._in_transaction:
                self.spoil()
            return self._failed(lane, batch, error), None if of_the_record else error
        except (UnknownTopicError, *_NOT_ANSWERED) as error:
            self.spoil()
            return self._failed(lane, batch, error), error
        return [
            (entry.index, self._acked(lane, entry, offset + number, append_time)) for number, entry in enumerate(batch)
        ], None

    @property
    def _in_transaction(self) -> bool:
        return self._producer is not None and self._producer.transactional_id is not None

    async def _append(self, partition: TopicPartition, batch: Sequence[Entry]) -> tuple[int, int]:
        """Append a batch, repeating it while that is safe; return its first offset and the append time or -1.

        Raises:
            Uncertain: It may have been appended.
            CodeError: It was refused.
        """
        stamp = self._producer.stamp(partition) if self._producer is not None else ProducerStamp()
        data = encode_batch([entry.record for entry in batch], [entry.timestamp_ms for entry in batch], stamp)
        until = time.monotonic() + self._session.timeout_s
        uncertain = False
        while True:
            try:
                code, offset, append_time = await self._produce(partition, data)
                if code == Code.NONE and offset >= 0:
                    break
                failure: BaseException = self._judge(code, partition, uncertain=uncertain)
                uncertain = uncertain or code in _PERHAPS_APPENDED
            except Uncertain as doubt:
                if self._producer is None or not isinstance(doubt.__cause__, _NOT_ANSWERED):
                    raise
                uncertain, failure = True, doubt.__cause__
            except (CodeError, *_NOT_ANSWERED) as error:
                if not may_pass(error):
                    raise
                failure = error
            self._leaders.pop(partition, None)
            if time.monotonic() + _PAUSE_S > until:
                _give_up(failure, uncertain=uncertain)
            await asyncio.sleep(_PAUSE_S)
        if self._producer is not None:
            self._producer.appended(partition, len(batch))
        return offset, append_time

    def _judge(self, code: int, partition: TopicPartition, *, uncertain: bool) -> CodeError:
        """Return the error of a batch worth repeating; raise for one that is not."""
        error = CodeError(code, str(partition))
        if code in (Code.NONE, Code.DUPLICATE_SEQUENCE) or (uncertain and code in _SEQUENCE_LOST):
            raise Uncertain from error
        if code in _PERHAPS_APPENDED and self._producer is None:
            raise Uncertain from error
        if not error.retriable:
            raise error
        return error

    async def _produce(self, partition: TopicPartition, data: bytes) -> tuple[int, int, int]:
        node = self._leaders.get(partition)
        if node is None:
            node = next(iter(await self._session.leaders([partition])))
            self._leaders[partition] = node
        connections = self._session.connections
        await connections.socket(node, self._purpose)
        request: Any = ProduceRequest(
            self._producer.transactional_id if self._producer is not None else None,
            _ACKS_ALL if self._producer is not None else _ACKS_LEADER,
            round(self._session.timeout_s * 1000),
            [(partition.topic, [(partition.partition, data)])],
        )
        try:
            answer = await connections.send(node, request, self._purpose)
        except _NOT_ANSWERED as error:
            raise Uncertain from error
        row = answer.topics[0][1][0]
        return row[1], row[2], row[3]

    def _acked(self, lane: Lane, entry: Entry, offset: int, append_time: int) -> Outcome:
        timestamp = append_time if append_time >= 0 else entry.timestamp_ms
        return Outcome("acked", lane.partition.topic, lane.partition.partition, offset, timestamp)

    def _failed(self, lane: Lane, entries: Sequence[Entry], error: Exception) -> list[tuple[int, Outcome]]:
        code = name_of(error.code) if isinstance(error, CodeError) else type(error).__name__
        why = "another writer uses the same transactional id" if is_fenced(error) else str(error) or code
        outcomes = []
        for entry in entries:
            failure = publish_error(entry.record, code, why, retriable=may_pass(error))
            failure.__cause__ = error
            outcomes.append((entry.index, self._outcome("failed", lane, entry, failure)))
        return outcomes

    def _unknown(self, lane: Lane, entries: Sequence[Entry], error: Exception) -> list[tuple[int, Outcome]]:
        addresses = self._session.connections.addresses
        outcomes = []
        for entry in entries:
            failure = BrokerUnavailableError(
                f"Whether a record for {lane.partition} was written is not known: {error or type(error).__name__}. "
                "Look at the end of the partition before sending it again.",
                addresses=addresses,
            )
            failure.__cause__ = error
            outcomes.append((entry.index, self._outcome("unknown", lane, entry, failure)))
        return outcomes

    def _outcome(self, status: Any, lane: Lane, entry: Entry, error: Exception) -> Outcome:
        return Outcome(
            status,
            lane.partition.topic,
            lane.partition.partition,
            timestamp_ms=entry.timestamp_ms,
            error=error,
        )
