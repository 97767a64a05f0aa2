"""The transaction coordinator: producer ids, epochs, fencing, and the end of transactions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.bus.memory.storage.batches import Transaction
from workbench.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class _Producer:
    producer_id: int
    epoch: int = -1
    transaction: Transaction | None = None


class TransactionCoordinator:
    """Holds the transactional ids of a cluster and their open transactions.

    Args:
        end: Writes the markers of a transaction whose outcome is decided.
    """

    def __init__(self, end: Callable[[Transaction], None]) -> None:
        self._producers: dict[str, _Producer] = {}
        self._ids = itertools.count(1)
        self._end = end

    def identify(self, transactional_id: str) -> int:
        """Give the id to a new producer: an open transaction of the last one is aborted, and that producer is fenced.

        Returns:
            The epoch of the new producer; calls with a lower one fail from now on.
        """
        producer = self._producers.setdefault(transactional_id, _Producer(next(self._ids)))
        # The abort comes first: nothing that the last producer wrote may be open when the new one begins.
        self._finish(producer, commit=False)
        producer.epoch += 1
        return producer.epoch

    def begin(self, transactional_id: str, epoch: int) -> Transaction:
        """Open a transaction."""
        producer = self._owned(transactional_id, epoch, "begin a transaction")
        producer.transaction = Transaction(producer.producer_id, epoch)
        return producer.transaction

    def check(self, transactional_id: str, epoch: int) -> None:
        """Raise when another producer took the id.

        Raises:
            PublishError: ``PRODUCER_FENCED``.
        """
        self._owned(transactional_id, epoch, "write")

    def end(self, transactional_id: str, epoch: int, *, commit: bool) -> None:
        """Commit or abort the open transaction and write its markers."""
        producer = self._owned(transactional_id, epoch, "commit" if commit else "abort")
        self._finish(producer, commit=commit)

    def _owned(self, transactional_id: str, epoch: int, what: str) -> _Producer:
        producer = self._producers[transactional_id]
        if producer.epoch != epoch:
            raise PublishError(
                f"Cannot {what} with transactional id {transactional_id}: another writer uses it now. "
                "Nothing of the open transaction is visible; close this writer.",
                cause_code="PRODUCER_FENCED",
            )
        return producer

    def _finish(self, producer: _Producer, *, commit: bool) -> None:
        transaction, producer.transaction = producer.transaction, None
        if transaction is not None:
            transaction.state = "committed" if commit else "aborted"
            self._end(transaction)
