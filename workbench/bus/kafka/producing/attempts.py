"""Sends one batch to the leader of its partition: appended, refused, or perhaps appended."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING, NoReturn

from workbench.bus.kafka.connection.session import is_retriable
from workbench.bus.kafka.connection.translate import NOT_ANSWERED
from workbench.bus.kafka.producing.encoding import ProducerFields
from workbench.bus.kafka.wire.codes import Code, CodeError
from workbench.bus.kafka.wire.produce import ProduceRequest
from workbench.errors import BrokerUnavailableError, WorkbenchError

if TYPE_CHECKING:
    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.producing.producer import Producer
    from workbench.bus.kafka.producing.queues import Batch
    from workbench.bus.kafka.producing.tail import Tail
    from workbench.model.records.record import TopicPartition

_FEW = 100
"""Records up to which a batch is encoded at once: handing it to a thread takes longer."""
_PAUSE_S = 0.1
_ACKS_ALL, _ACKS_LEADER = -1, 1
PERHAPS_APPENDED = frozenset({Code.REQUEST_TIMED_OUT, Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND})
"""The leader appended the batch and could not replicate it in time: it may stay or vanish with the leader."""
_SEQUENCE_LOST = frozenset({Code.OUT_OF_ORDER_SEQUENCE, Code.UNKNOWN_PRODUCER_ID})
_numbers = itertools.count(1)


class UnknownOutcome(Exception):  # noqa: N818 - a state, and no fault of anyone
    """A batch may or may not have been appended."""


def may_be_there(failure: Exception) -> bool:
    """Whether a batch whose first attempt failed so may have been appended."""
    return isinstance(failure, UnknownOutcome) or (isinstance(failure, CodeError) and failure.code in PERHAPS_APPENDED)


def _give_up(failure: BaseException, *, uncertain: bool) -> NoReturn:
    if uncertain:
        raise UnknownOutcome from failure
    raise failure


class Attempts:
    """Sends batches over sockets of its own, and repeats one while that is safe.

    Args:
        session: The cluster.
        producer: Its id, by which the broker recognises a repeated batch; None writes without one.
        tail: Looks a batch up whose acknowledgement was lost; None where that is not wanted.
        codec: Code of the compression.
    """

    def __init__(self, session: Session, producer: Producer | None, tail: Tail | None, codec: int) -> None:
        self._session = session
        self._producer = producer
        self._tail = tail
        self._codec = codec
        self._ends: dict[TopicPartition, int] = {}
        self._purpose = f"write-{next(_numbers)}"
        self._leaders: dict[TopicPartition, int] = {}

    def remember_leader(self, partition: TopicPartition, leader: int | None) -> None:
        """Keep the leader that the metadata just read names."""
        if leader is not None:
            self._leaders.setdefault(partition, leader)

    def forget_leader(self, partition: TopicPartition) -> None:
        """Ask for the leader again: it may have moved."""
        self._leaders.pop(partition, None)

    def appended(self, partition: TopicPartition, end: int) -> None:
        """Note where a partition ends behind an appended batch."""
        self._ends[partition] = end

    async def aclose(self) -> None:
        """Close the sockets."""
        await self._session.connections.drop(self._purpose)

    async def encoded(self, batch: Batch, fields: ProducerFields) -> bytes:
        if len(batch) < _FEW:
            return batch.encode(fields, self._codec)
        return await asyncio.to_thread(batch.encode, fields, self._codec)

    async def once(self, partition: TopicPartition, data: bytes) -> tuple[int, int]:
        """Send a batch for the first time; returns its first offset and the append time or -1."""
        if self._tail is not None and partition not in self._ends:
            self._ends[partition] = await self._tail.end(partition)
        code, offset, append_time = await self._produce(partition, data)
        if code == Code.NONE and offset >= 0:
            return offset, append_time
        raise self._retriable_error(code, partition, uncertain=False)

    async def append(self, partition: TopicPartition, batch: Batch, *, uncertain: bool) -> tuple[int, int]:
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
        data = await self.encoded(batch, fields)
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
                uncertain = uncertain or (isinstance(error, CodeError) and error.code in PERHAPS_APPENDED)
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
        if code in PERHAPS_APPENDED and self._producer is None:
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
