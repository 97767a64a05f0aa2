"""The idempotent and transactional producer: its id, sequence numbers, and transactions at the coordinator."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest

from workbench.bus.kafka.connection.session import TRANSACTION
from workbench.bus.kafka.connection.translate import NOT_ANSWERED
from workbench.bus.kafka.producing.encoding import ProducerFields
from workbench.bus.kafka.wire.codes import FENCED, Code, CodeError, check
from workbench.bus.kafka.wire.transactions import DescribeTransactionsRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.kafka.connection.session import Session
    from workbench.model.records.record import TopicPartition

TransactionState: TypeAlias = Literal["none", "open", "failed", "lost"]

TRANSACTION_TIMEOUT_MS = 60_000
_MARKERS_S = 5.0
_MARKERS_PAUSE_S = 0.002
_SEQUENCES = 1 << 31
"""Sequence numbers are 31 bits long and start at 0 again."""


class Producer:
    """Holds a producer id and its sequence numbers, so that the broker recognises a repeated batch; runs transactions.

    Only an appended batch advances the sequence, so a refused batch leaves no hole in it.
    """

    def __init__(self, session: Session, transactional_id: str | None) -> None:
        self.transactional_id = transactional_id
        self.state: TransactionState = "none"
        self._session = session
        self._producer_id = -1
        self._epoch = -1
        self._sequences: dict[TopicPartition, int] = {}
        self._in_transaction: set[TopicPartition] = set()

    @property
    def has_id(self) -> bool:
        """Whether the producer has an id that can be used."""
        return self._producer_id >= 0

    async def identify(self) -> None:
        """Get a producer id. With a transactional id this aborts an open transaction and fences the older producer."""
        request = InitProducerIdRequest(self.transactional_id, TRANSACTION_TIMEOUT_MS)

        async def attempt() -> None:
            # Any broker hands out plain producer ids; a transactional id belongs to its coordinator.
            if self.transactional_id is None:
                answer = await self._session.connections.send_any(request)
                check(answer.error_code, "a producer id")
            else:
                answer = await self._to_coordinator(request)
                self._session.check_coordinator(answer.error_code, TRANSACTION, self.transactional_id)
            self._producer_id, self._epoch = answer.producer_id, answer.producer_epoch

        await self._session.retry(attempt)
        # A new id or epoch begins its sequences at 0 in every partition.
        self._sequences.clear()
        self._in_transaction.clear()
        self.state = "none"

    def drop_id(self) -> None:
        """Give the id up after a batch whose outcome is unknown: its sequence numbers cannot be used again."""
        self._producer_id = -1
        self._sequences.clear()

    def is_known_in(self, partition: TopicPartition) -> bool:
        """Whether a batch of this producer was appended there, so that the broker refuses one that overtakes."""
        return partition in self._sequences

    def fields_for(self, partition: TopicPartition, under_way: int = 0) -> ProducerFields:
        """Return the header fields for the next batch of a partition, behind so many records that are under way."""
        sequence = (self._sequences.get(partition, 0) + under_way) % _SEQUENCES
        return ProducerFields(self._producer_id, self._epoch, sequence, self.transactional_id is not None)

    def appended(self, partition: TopicPartition, count: int) -> None:
        """Advance the sequence number of a partition behind an appended batch."""
        self._sequences[partition] = (self._sequences.get(partition, 0) + count) % _SEQUENCES

    async def add_partitions(self, partitions: Iterable[TopicPartition]) -> None:
        """Add partitions to the open transaction.

        It must happen before the first batch goes there: the coordinator writes markers only where it was told to.
        """
        new = sorted(set(partitions) - self._in_transaction)
        if not new or self.transactional_id is None:
            return
        topics: dict[str, list[int]] = {}
        for partition in new:
            topics.setdefault(partition.topic, []).append(partition.partition)
        key = self.transactional_id
        request = AddPartitionsToTxnRequest(key, self._producer_id, self._epoch, list(topics.items()))

        async def attempt() -> None:
            answer = await self._to_coordinator(request)
            codes = {code for _, rows in answer.errors for _, code in rows}
            for code in sorted(codes, reverse=True):
                self._session.check_coordinator(code, TRANSACTION, key, f"transaction {key}")

        await self._session.retry(attempt)
        self._in_transaction.update(new)

    async def end(self, *, commit: bool) -> None:
        """Commit or abort; a transaction without records needs no request."""
        key = self.transactional_id
        # A coordinator that was told of no partition has no transaction to end, and would answer INVALID_TXN_STATE.
        if key is not None and self._in_transaction:
            request = EndTxnRequest(key, self._producer_id, self._epoch, commit)

            async def attempt() -> None:
                answer = await self._to_coordinator(request)
                self._session.check_coordinator(answer.error_code, TRANSACTION, key, f"transaction {key}")

            await self._session.retry(attempt)
            await self._wait_for_markers(key)
        self._in_transaction.clear()
        self.state = "none"

    async def _wait_for_markers(self, key: str) -> None:
        """Wait a little until the markers are written: the coordinator answers the end of a transaction before that.

        Without it a reader that starts now would not see the records yet. The transaction has ended whatever happens
        here; brokers without DescribeTransactions are not asked.
        """
        request = DescribeTransactionsRequest(key)
        if not await self._session.connections.supports(request.API_KEY, 0):
            return
        until = time.monotonic() + _MARKERS_S
        with contextlib.suppress(*NOT_ANSWERED, CodeError):
            while time.monotonic() < until:
                (answer,) = (await self._to_coordinator(request)).transactions
                if not answer[2].startswith("Prepare"):
                    return
                await asyncio.sleep(_MARKERS_PAUSE_S)

    async def _to_coordinator(self, request: Any) -> Any:
        key = self.transactional_id or ""
        node = await self._session.coordinator(TRANSACTION, key)
        try:
            return await self._session.connections.send(node, request)
        except Exception:
            self._session.forget_coordinator(TRANSACTION, key)
            raise


def is_fenced(error: BaseException) -> bool:
    """Whether another producer took the transactional id, or the broker aborted the transaction."""
    return isinstance(error, CodeError) and (error.code in FENCED or error.code == Code.INVALID_TXN_STATE)
