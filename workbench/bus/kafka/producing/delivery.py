"""Sends batches to the partition leaders and tells which records were written, refused, or are in doubt."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from workbench.bus.kafka.connection.session import is_retriable
from workbench.bus.kafka.connection.translate import NOT_ANSWERED
from workbench.bus.kafka.fetching.compression import NONE
from workbench.bus.kafka.producing.encoding import ProducerFields
from workbench.bus.kafka.producing.producer import is_fenced
from workbench.bus.kafka.wire.codes import Code, CodeError, name_of
from workbench.bus.kafka.wire.produce import ProduceRequest
from workbench.bus.refusals import not_written
from workbench.errors import BrokerUnavailableError, UnknownTopicError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.producing.producer import Producer
    from workbench.bus.kafka.producing.queues import Batch, Queue
    from workbench.bus.kafka.producing.tail import Tail
    from workbench.model.records.record import TopicPartition

_PARTITIONS_AT_ONCE = 10
BATCHES_AT_ONCE = 5
"""A broker knows the last five batches of a producer again, and takes no more under way."""
_FEW = 100
"""Records up to which a batch is encoded at once: handing it to a thread takes longer."""
_PAUSE_S = 0.1
_ACKS_ALL, _ACKS_LEADER = -1, 1
_RECORD_ERRORS = frozenset(
    {Code.MESSAGE_TOO_LARGE, Code.RECORD_LIST_TOO_LARGE, Code.INVALID_TIMESTAMP, Code.INVALID_RECORD},
)
_PERHAPS_APPENDED = frozenset({Code.REQUEST_TIMED_OUT, Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND})
"""The leader appended the batch and could not replicate it in time: it may stay or vanish with the leader."""
_SEQUENCE_LOST = frozenset({Code.OUT_OF_ORDER_SEQUENCE, Code.UNKNOWN_PRODUCER_ID})
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of a batch: appended at an offset, certainly not written, or unknown."""

    partition: TopicPartition
    batch: Batch
    status: Literal["acked", "failed", "unknown"]
    offset: int = -1
    """Of the first record."""
    append_time: int = -1
    """The broker's, where it overwrites timestamps."""
    error: Exception | None = None
    """What happened to each record of it that was not acknowledged."""


@dataclass(frozen=True, slots=True)
class Left:
    """A batch that is still to be sent."""

    batch: Batch
    uncertain: bool = False
    """It may have been appended by an attempt that was not answered."""


class UnknownOutcome(Exception):  # noqa: N818 - a state, and no fault of anyone
    """A batch may or may not have been appended."""


def _may_be_there(failure: Exception) -> bool:
    """Whether a batch whose first attempt failed so may have been appended."""
    return isinstance(failure, UnknownOutcome) or (isinstance(failure, CodeError) and failure.code in _PERHAPS_APPENDED)


def _give_up(failure: BaseException, *, uncertain: bool) -> NoReturn:
    if uncertain:
        raise UnknownOutcome from failure
    raise failure


class Delivery:
    """Sends to several partitions at once, and to each partition in order.

    With a producer id, up to five batches of a partition are under way: the broker refuses one that would overtake.
    When one fails, nothing new is sent until all have been answered, and what is left goes one after the other.
    """

    def __init__(
        self, session: Session, producer: Producer | None, tail: Tail | None = None, codec: int = NONE
    ) -> None:
        self._codec = codec
        self.used = False
        self._tail = tail
        self._ends: dict[TopicPartition, int] = {}
        self._session = session
        self._producer = producer
        self._purpose = f"write-{next(_numbers)}"
        self._leaders: dict[TopicPartition, int] = {}

    async def deliver(self, queues: Iterable[Queue]) -> list[Settled]:
        """Send the records of some partitions; returns the end of each batch."""
        self.used = True
        room = asyncio.Semaphore(_PARTITIONS_AT_ONCE)

        async def one(queue: Queue) -> list[Settled]:
            async with room:
                return await self._queue(queue)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(queue), name=f"kafka-write-{queue.partition}") for queue in queues]
        return [settled for task in tasks for settled in task.result()]

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

    async def _queue(self, queue: Queue) -> list[Settled]:
        done: list[Settled] = []
        partition = queue.partition
        try:
            if self._producer is not None:
                await self._producer.add_partitions([partition])
        except (CodeError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            return [self._failed(partition, batch, error) for batch in queue.batches()]
        waiting = deque(queue.batches())
        left = [Left(batch) for batch in waiting]
        if self._producer is not None:
            done, left = await self._side_by_side(self._producer, partition, waiting)
        blocked: Exception | None = None
        for one in left:
            # Nothing overtakes a batch that failed: sent again later, it would come behind its successors.
            if blocked is not None:
                done.append(self._unsettled(partition, one, blocked))
                continue
            found, blocked = await self._batch(partition, one.batch, uncertain=one.uncertain)
            done += found
        return done

    async def _side_by_side(
        self, producer: Producer, partition: TopicPartition, waiting: deque[Batch]
    ) -> tuple[list[Settled], list[Left]]:
        """Send batches with several under way, until one fails; returns the end of those before it, and the rest."""
        done: list[Settled] = []
        under_way: deque[tuple[Batch, asyncio.Task[tuple[int, int]]]] = deque()
        try:
            while waiting or under_way:
                # A broker that knows nothing of the producer takes any batch as its first one.
                room = BATCHES_AT_ONCE if producer.is_known_in(partition) else 1
                while waiting and len(under_way) < room:
                    records = sum(len(batch) for batch, _ in under_way)
                    data = await self._encoded(waiting[0], producer.fields_for(partition, records))
                    batch = waiting.popleft()
                    under_way.append((batch, asyncio.create_task(self._once(partition, data), name="kafka-batch")))
                batch, task = under_way[0]
                try:
                    offset, append_time = await asyncio.shield(task)
                except (CodeError, UnknownOutcome, UnknownTopicError, BrokerUnavailableError, *NOT_ANSWERED):
                    return done, await self._answered(partition, under_way, waiting, done)
                under_way.popleft()
                done.append(self._appended(partition, batch, offset, append_time))
        finally:
            for _, task in under_way:
                task.cancel()
            if under_way:
                await asyncio.wait([task for _, task in under_way])
        return done, []

    async def _answered(
        self,
        partition: TopicPartition,
        under_way: deque[tuple[Batch, asyncio.Task[tuple[int, int]]]],
        waiting: deque[Batch],
        done: list[Settled],
    ) -> list[Left]:
        """Wait for the answers of all batches under way, the first of which failed; returns what is to be sent again.

        One that was not answered is there when a later one was appended: the broker tells its offset when it comes
        again. One that was refused although a later one was appended, because the broker had forgotten the producer, is
        not sent again, and neither is anything else: it would come behind.
        """
        await asyncio.wait([task for _, task in under_way])
        ends = [(batch, task.exception(), task) for batch, task in under_way]
        under_way.clear()
        self._leaders.pop(partition, None)
        last = max((number for number, (_, failure, _) in enumerate(ends) if failure is None), default=-1)
        left: list[Left] = []
        blocked: Exception | None = None
        for number, (batch, failure, task) in enumerate(ends):
            if failure is None:
                done.append(self._appended(partition, batch, *task.result()))
            elif not isinstance(failure, Exception):
                raise failure
            elif number > last and blocked is None:
                left.append(Left(batch, uncertain=_may_be_there(failure)))
            elif _may_be_there(failure) and blocked is None:
                found, blocked = await self._batch(partition, batch, uncertain=True)
                done += found
            else:
                blocked = blocked or failure
                self.mark_unknown()
                done.append(self._unsettled(partition, Left(batch, uncertain=_may_be_there(failure)), failure))
        if blocked is not None:
            done += [self._failed(partition, batch, blocked) for batch in waiting]
            return []
        return [*left, *map(Left, waiting)]

    async def _encoded(self, batch: Batch, fields: ProducerFields) -> bytes:
        if len(batch) < _FEW:
            return batch.encode(fields, self._codec)
        return await asyncio.to_thread(batch.encode, fields, self._codec)

    async def _once(self, partition: TopicPartition, data: bytes) -> tuple[int, int]:
        """Send a batch for the first time; returns its first offset and the append time or -1."""
        if self._tail is not None and partition not in self._ends:
            self._ends[partition] = await self._tail.end(partition)
        code, offset, append_time = await self._produce(partition, data)
        if code == Code.NONE and offset >= 0:
            return offset, append_time
        raise self._retriable_error(code, partition, uncertain=False)

    def _appended(self, partition: TopicPartition, batch: Batch, offset: int, append_time: int) -> Settled:
        if self._producer is not None:
            self._producer.appended(partition, len(batch))
        self._ends[partition] = offset + len(batch)
        return Settled(partition, batch, "acked", offset, append_time)

    def _unsettled(self, partition: TopicPartition, left: Left, error: Exception) -> Settled:
        ends = self._unknown if left.uncertain else self._failed
        return ends(partition, left.batch, error)

    async def _batch(
        self, partition: TopicPartition, batch: Batch, *, uncertain: bool = False
    ) -> tuple[list[Settled], Exception | None]:
        """Send one batch; when the broker refuses it because of a record, halve it until that record is found."""
        try:
            offset, append_time = await self._append(partition, batch, uncertain=uncertain)
        except UnknownOutcome as doubt:
            self.mark_unknown()
            error = doubt.__cause__ if isinstance(doubt.__cause__, Exception) else doubt
            return [self._unknown(partition, batch, error)], error
        except CodeError as error:
            if error.code in _RECORD_ERRORS and len(batch) > 1:
                # A refused batch used no sequence numbers, so its halves can be sent in its place.
                first_half, second_half = batch.halves()
                first, blocked = await self._batch(partition, first_half)
                if blocked is not None:
                    return [*first, self._failed(partition, second_half, blocked)], blocked
                second, blocked = await self._batch(partition, second_half)
                return first + second, blocked
            is_record_error = error.code in _RECORD_ERRORS
            if not is_record_error or self._in_transaction:
                self.mark_unknown()
            return [self._failed(partition, batch, error)], None if is_record_error else error
        except (UnknownTopicError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            return [self._failed(partition, batch, error)], error
        return [self._appended(partition, batch, offset, append_time)], None

    @property
    def _in_transaction(self) -> bool:
        return self._producer is not None and self._producer.transactional_id is not None

    async def _append(self, partition: TopicPartition, batch: Batch, *, uncertain: bool) -> tuple[int, int]:
        """Append a batch, repeating it while that is safe; return its first offset and the append time or -1.

        Args:
            partition: Where to.
            batch: The batch.
            uncertain: It may have been appended by an earlier attempt.

        Raises:
            UnknownOutcome: It may have been appended.
            CodeError: It was refused.
        """
        fields = self._producer.fields_for(partition) if self._producer is not None else ProducerFields()
        data = await self._encoded(batch, fields)
        until = time.monotonic() + self._session.timeout_s
        while True:
            try:
                return await self._attempt(partition, batch, data, uncertain=uncertain)
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

    async def _attempt(
        self, partition: TopicPartition, batch: Batch, data: bytes, *, uncertain: bool
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

    async def _found(self, tail: Tail, partition: TopicPartition, batch: Batch) -> int | None:
        try:
            return await tail.find(partition, self._ends[partition], batch.contents())
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
        request = ProduceRequest(
            self._producer.transactional_id if self._producer is not None else None,
            _ACKS_ALL if self._producer is not None else _ACKS_LEADER,
            round(self._session.timeout_s * 1000),
            partition,
            data,
        )
        try:
            answer = await connections.send(node, request, self._purpose)
        except NOT_ANSWERED as error:
            raise UnknownOutcome from error
        row = answer.topics[0][1][0]
        return row[1], row[2], row[3]

    def _failed(self, partition: TopicPartition, batch: Batch, error: Exception) -> Settled:
        code = name_of(error.code) if isinstance(error, CodeError) else type(error).__name__
        why = "another writer uses the same transactional id" if is_fenced(error) else str(error) or code
        failure = not_written(partition, code, why, retriable=is_retriable(error))
        failure.__cause__ = error
        return Settled(partition, batch, "failed", error=failure)

    def _unknown(self, partition: TopicPartition, batch: Batch, error: Exception) -> Settled:
        failure = BrokerUnavailableError(
            f"Whether a record for {partition} was written is not known: {error or type(error).__name__}. "
            "Look at the end of the partition before sending it again.",
            addresses=self._session.connections.addresses,
        )
        failure.__cause__ = error
        return Settled(partition, batch, "unknown", error=failure)
