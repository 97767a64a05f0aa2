"""Enters the batches of a run in its journal: each before it is sent, and its end while the next one is sent."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from workbench.store.journal import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from workbench.replay.plan.batches import Batch
    from workbench.store.journal import Journal, Settlement

LANE_GROUP = "0"


class BatchJournal:
    """Writes to the journal in a thread of its own, one entry after the other.

    A batch is entered before its first byte is sent: after a crash that tells what may be on the target. The end of the
    batch before it is entered meanwhile, so that two batches may be in doubt: the present one and the one before it.

    Args:
        journal: The journal.
        run_id: The run.
    """

    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal = journal
        self._run_id = run_id
        self.number = 0
        """Number of the next transaction."""
        self._thread = ThreadPoolExecutor(1, "replay-journal")
        self._ended: Callable[[], Settlement] | None = None
        """Makes the end of the last batch, which waits until the next one begins."""
        self._entering: Future[None] | None = None

    async def begin(self, batch: Batch) -> Transaction:
        """Enter a batch; it may be sent when this returns."""
        await self._entered()
        transaction = Transaction(LANE_GROUP, self.number, batch.first, batch.last)
        self.number += 1
        ended, self._ended = self._ended, None
        intent = self._thread.submit(self._journal.intent, self._run_id, transaction)
        self._entering = None if ended is None else self._thread.submit(self._settle, ended)
        await asyncio.shield(asyncio.wrap_future(intent))
        return transaction

    def end(self, settlement: Callable[[], Settlement]) -> None:
        """Note the end of a batch; what makes its entry is called in the thread, when the next batch was entered."""
        self._ended = settlement

    def settle(self) -> None:
        """Enter everything that waits, and return when it is durable."""
        entering, self._entering = self._entering, None
        ended, self._ended = self._ended, None
        if entering is not None:
            entering.result()
        if ended is not None:
            self._thread.submit(self._settle, ended).result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    async def _entered(self) -> None:
        entering, self._entering = self._entering, None
        if entering is not None:
            await asyncio.shield(asyncio.wrap_future(entering))

    def _settle(self, ended: Callable[[], Settlement]) -> None:
        self._journal.settle(self._run_id, ended())
