"""Sends batches to the partition leaders and tells which records were written, refused, or are in doubt."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.bus.kafka.connection.session import is_retriable
from workbench.bus.kafka.connection.translate import NOT_ANSWERED
from workbench.bus.kafka.fetching.compression import NONE
from workbench.bus.kafka.producing.attempts import Attempts, UnknownOutcome, may_be_there
from workbench.bus.kafka.producing.feeds import Feed, Settled
from workbench.bus.kafka.producing.producer import is_fenced
from workbench.bus.kafka.wire.codes import Code, CodeError, name_of
from workbench.bus.refusals import not_written
from workbench.errors import BrokerUnavailableError, UnknownTopicError

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
_RECORD_ERRORS = frozenset(
    {Code.MESSAGE_TOO_LARGE, Code.RECORD_LIST_TOO_LARGE, Code.INVALID_TIMESTAMP, Code.INVALID_RECORD},
)


@dataclass(frozen=True, slots=True)
class Left:
    """A batch that is still to be sent."""

    batch: Batch
    uncertain: bool = False
    """It may have been appended by an attempt that was not answered."""


class Delivery:
    """Sends to several partitions at once, and to each partition in order.

    With a producer id, up to five batches of a partition are under way: the broker refuses one that would overtake.
    When one fails, nothing new is sent until all have been answered, and those that are left go one after the other.
    """

    def __init__(
        self, session: Session, producer: Producer | None, tail: Tail | None = None, codec: int = NONE
    ) -> None:
        self.used = False
        self.attempts = Attempts(session, producer, tail, codec)
        self._session = session
        self._producer = producer

    async def deliver(self, queues: Iterable[Queue]) -> list[Settled]:
        """Send the records of some partitions; returns the end of each batch."""
        room = asyncio.Semaphore(_PARTITIONS_AT_ONCE)
        found: list[Settled] = []

        async def one(queue: Queue) -> None:
            async with room:
                feed = Feed(queue.partition, found.append)
                feed.put(queue.batches())
                feed.end()
                await self.serve(feed)

        async with asyncio.TaskGroup() as group:
            for queue in queues:
                group.create_task(one(queue), name=f"kafka-write-{queue.partition}")
        return found

    async def serve(self, feed: Feed) -> None:
        """Send the batches of a feed until it ends, or until one fails behind which nothing may be sent."""
        self.used = True
        partition = feed.partition
        try:
            if self._producer is not None:
                await self._producer.add_partitions([partition])
        except (CodeError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            self._stop(feed, error)
            return
        while await feed.more():
            left = self._one_by_one(feed) if self._producer is None else await self._side_by_side(self._producer, feed)
            for number, one in enumerate(left):
                blocked = await self._batch(feed, one.batch, uncertain=one.uncertain)
                if blocked is not None:
                    # Nothing overtakes a batch that failed: sent again later, it would come behind its successors.
                    for rest in left[number + 1 :]:
                        feed.settle(self._unsettled(partition, rest, blocked))
                    self._stop(feed, blocked)
                    break

    def _one_by_one(self, feed: Feed) -> list[Left]:
        batch = feed.take()
        return [] if batch is None else [Left(batch)]

    def _stop(self, feed: Feed, error: Exception) -> None:
        """Send nothing of a feed any more."""
        feed.stopped = True
        feed.end()
        while (batch := feed.take()) is not None:
            feed.settle(self._failed(feed.partition, batch, error))

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
        await self.attempts.aclose()

    async def _side_by_side(self, producer: Producer, feed: Feed) -> list[Left]:
        """Send batches with several under way, until none is left or one fails; returns those to be sent again."""
        partition = feed.partition
        under_way: deque[tuple[Batch, asyncio.Task[tuple[int, int]]]] = deque()
        try:
            while True:
                # A broker that knows nothing of the producer takes any batch as its first one.
                room = BATCHES_AT_ONCE if producer.is_known_in(partition) else 1
                while len(under_way) < room and (batch := feed.take()) is not None:
                    records = sum(len(one) for one, _ in under_way)
                    data = await self.attempts.encoded(batch, producer.fields_for(partition, records))
                    task = asyncio.create_task(self.attempts.once(partition, data), name="kafka-batch")
                    under_way.append((batch, task))
                if not under_way:
                    return []
                first, task = under_way[0]
                await (asyncio.wait([task]) if len(under_way) >= room else feed.news_or(task))
                if not task.done():
                    continue
                try:
                    offset, append_time = task.result()
                except (CodeError, UnknownOutcome, UnknownTopicError, BrokerUnavailableError, *NOT_ANSWERED):
                    return await self._answered(feed, under_way)
                under_way.popleft()
                feed.settle(self._appended(partition, first, offset, append_time))
        finally:
            for _, task in under_way:
                task.cancel()
            if under_way:
                await asyncio.wait([task for _, task in under_way])

    async def _answered(self, feed: Feed, under_way: deque[tuple[Batch, asyncio.Task[tuple[int, int]]]]) -> list[Left]:
        """Wait for the answers of all batches under way, the first of which failed; returns what is to be sent again.

        One that was not answered is there when a later one was appended: the broker tells its offset when it comes
        again. One that was refused although a later one was appended, because the broker had forgotten the producer, is
        not sent again, and neither is anything else: it would come behind.
        """
        partition = feed.partition
        await asyncio.wait([task for _, task in under_way])
        ends = [(batch, task.exception(), task) for batch, task in under_way]
        under_way.clear()
        self.attempts.forget_leader(partition)
        last = max((number for number, (_, failure, _) in enumerate(ends) if failure is None), default=-1)
        left: list[Left] = []
        blocked: Exception | None = None
        for number, (batch, failure, task) in enumerate(ends):
            if failure is None:
                feed.settle(self._appended(partition, batch, *task.result()))
            elif not isinstance(failure, Exception):
                raise failure
            elif number > last and blocked is None:
                left.append(Left(batch, uncertain=may_be_there(failure)))
            elif may_be_there(failure) and blocked is None:
                blocked = await self._batch(feed, batch, uncertain=True)
            else:
                blocked = blocked or failure
                self.mark_unknown()
                feed.settle(self._unsettled(partition, Left(batch, uncertain=may_be_there(failure)), failure))
        if blocked is not None:
            self._stop(feed, blocked)
        return left

    def _appended(self, partition: TopicPartition, batch: Batch, offset: int, append_time: int) -> Settled:
        if self._producer is not None:
            self._producer.appended(partition, len(batch))
        self.attempts.appended(partition, offset + len(batch))
        return Settled(partition, batch, "acked", offset, append_time)

    def _unsettled(self, partition: TopicPartition, left: Left, error: Exception) -> Settled:
        ends = self._unknown if left.uncertain else self._failed
        return ends(partition, left.batch, error)

    async def _batch(self, feed: Feed, batch: Batch, *, uncertain: bool = False) -> Exception | None:
        """Send one batch; when the broker refuses it because of a record, halve it until that record is found.

        Returns the failure behind which nothing may be sent.
        """
        partition = feed.partition
        try:
            offset, append_time = await self.attempts.append(partition, batch, uncertain=uncertain)
        except UnknownOutcome as doubt:
            self.mark_unknown()
            error = doubt.__cause__ if isinstance(doubt.__cause__, Exception) else doubt
            feed.settle(self._unknown(partition, batch, error))
            return error
        except CodeError as error:
            if error.code in _RECORD_ERRORS and len(batch) > 1:
                # A refused batch used no sequence numbers, so its halves can be sent in its place.
                first_half, second_half = batch.halves()
                blocked = await self._batch(feed, first_half)
                if blocked is None:
                    return await self._batch(feed, second_half)
                feed.settle(self._failed(partition, second_half, blocked))
                return blocked
            is_record_error = error.code in _RECORD_ERRORS
            if not is_record_error or self._in_transaction:
                self.mark_unknown()
            feed.settle(self._failed(partition, batch, error))
            return None if is_record_error else error
        except (UnknownTopicError, *NOT_ANSWERED) as error:
            self.mark_unknown()
            feed.settle(self._failed(partition, batch, error))
            return error
        feed.settle(self._appended(partition, batch, offset, append_time))
        return None

    @property
    def _in_transaction(self) -> bool:
        return self._producer is not None and self._producer.transactional_id is not None

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
