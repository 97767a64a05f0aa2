"""Enters the batches of a run in its journal: each before it is sent, and its end while the next one is sent."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.store.journal import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from workbench.replay.plan.batches import Batch
    from workbench.store.journal import Journal, Settlement

LANE_GROUP = "0"


@dataclass(frozen=True, slots=True)
class _Entered:
    """A batch whose entry is under way or done."""

    batch: Batch
    transaction: Transaction
    done: Future[None]


class BatchJournal:
    """Writes to the journal in a thread of its own, one entry after the other.

    A batch is entered before its first byte is sent: after a crash that tells what may be on the target. While it is
    sent, the end of the batch before it is entered, and the batch behind it where that is known. So up to three
    batches may be in doubt after a crash, the last of which was never sent; they are settled by what is on the target.

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
        self._ahead: _Entered | None = None
        """A batch that is not sent yet."""
        self._entering: Future[None] | None = None

    async def begin(self, batch: Batch, following: Batch | None = None) -> Transaction:
        """Enter a batch; it may be sent when this returns.

        Args:
            batch: The batch.
            following: The one that is sent next, if all goes well; it is entered meanwhile.
        """
        await self._entered()
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.batch is not batch:
            await asyncio.shield(asyncio.wrap_future(self._withdraw(ahead)))
            ahead = None
        begun = ahead or self._enter(batch)
        ended, self._ended = self._ended, None
        self._entering = None if ended is None else self._thread.submit(self._settle, ended)
        if following is not None:
            self._ahead = self._enter(following)
        await asyncio.shield(asyncio.wrap_future(begun.done))
        return begun.transaction

    def end(self, settlement: Callable[[], Settlement]) -> None:
        """Note the end of a batch; what makes its entry is called in the thread, when the next batch was entered."""
        self._ended = settlement

    def settle(self) -> None:
        """Enter everything that waits, take back what was entered too early, and return when that is durable."""
        entering, self._entering = self._entering, None
        ended, self._ended = self._ended, None
        ahead, self._ahead = self._ahead, None
        if entering is not None:
            entering.result()
        if ended is not None:
            self._thread.submit(self._settle, ended).result()
        if ahead is not None:
            self._withdraw(ahead).result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    async def _entered(self) -> None:
        entering, self._entering = self._entering, None
        if entering is not None:
            await asyncio.shield(asyncio.wrap_future(entering))

    def _enter(self, batch: Batch) -> _Entered:
        transaction = Transaction(LANE_GROUP, self.number, batch.first, batch.last)
        self.number += 1
        return _Entered(batch, transaction, self._thread.submit(self._journal.intent, self._run_id, transaction))

    def _withdraw(self, ahead: _Entered) -> Future[None]:
        return self._thread.submit(self._journal.withdraw, self._run_id, ahead.transaction)

    def _settle(self, ended: Callable[[], Settlement]) -> None:
        self._journal.settle(self._run_id, ended())
