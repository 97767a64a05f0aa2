"""Transactions of a bus: one for each call, or one for all calls inside ``async with``."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from workbench.errors import PublishError, WorkbenchError
from workbench.eventbus.publishing.outcomes import cause_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from workbench.bus.protocols import Writer
    from workbench.model import NewRecord, Outcome

_open: ContextVar[tuple[tuple[TransactionManager, str], ...]] = ContextVar("open_transactions", default=())
"""The open transactions of this task, at most one for each bus."""


class TransactionManager:
    """Keeps one transactional writer per id. Another process that opens the same id fences the writer here."""

    def __init__(self, make_writer: Callable[[str], Writer]) -> None:
        self._make_writer = make_writer
        self._writers: dict[str, Writer] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def transaction(self, transaction_id: str) -> AsyncIterator[None]:
        """Run the body as one transaction: committed when it ends, aborted when it raises.

        Raises:
            PublishError: A transaction is already open here, or the id was fenced.
        """
        if self._current() is not None:
            raise PublishError(
                f"A transaction is already open in this task; {transaction_id!r} cannot begin inside it."
            )
        # One transaction per id at a time: a second `begin` on the same writer would be refused.
        async with self._lock(transaction_id):
            writer = await self._writer(transaction_id)
            token = _open.set((*_open.get(), (self, transaction_id)))
            try:
                await self._guarded(transaction_id, writer.begin())
                yield
            except BaseException:
                await self._abort(transaction_id, writer)
                raise
            finally:
                _open.reset(token)
            await self._guarded(transaction_id, writer.commit())

    def sender(self, transaction_id: str) -> Callable[[NewRecord], Awaitable[Outcome]]:
        """Return `send` bound to one id."""
        return lambda record: self.send(record, transaction_id)

    async def send(self, record: NewRecord, transaction_id: str) -> Outcome:
        """Write one record in the open transaction of this id, else in one of its own.

        Raises:
            PublishError: Another transaction is open in this task, or this one could not be committed.
        """
        current = self._current()
        if current is None:
            async with self.transaction(transaction_id):
                return await self._send(record, transaction_id)
        if current != transaction_id:
            raise PublishError(
                f"Transaction {current!r} is open in this task; the event names {transaction_id!r}. "
                "Use the same id, or publish after the transaction.",
                topic=record.topic,
                partition=record.partition,
            )
        return await self._send(record, transaction_id)

    async def aclose(self) -> None:
        """Close all writers; what was not committed is aborted."""
        writers, self._writers = list(self._writers.values()), {}
        for writer in writers:
            await writer.aclose()

    def _current(self) -> str | None:
        return next((name for manager, name in _open.get() if manager is self), None)

    def _lock(self, transaction_id: str) -> asyncio.Lock:
        return self._locks.setdefault(transaction_id, asyncio.Lock())

    async def _writer(self, transaction_id: str) -> Writer:
        if transaction_id not in self._writers:
            self._writers[transaction_id] = await self._make_writer(transaction_id).__aenter__()
        return self._writers[transaction_id]

    async def _send(self, record: NewRecord, transaction_id: str) -> Outcome:
        outcome = (await self._writers[transaction_id].send([record]))[0]
        if outcome.status != "acked":
            raise PublishError(
                f"A record to {record.topic} was refused ({outcome.error}); transaction {transaction_id!r} is aborted.",
                topic=record.topic,
                partition=record.partition,
                cause_code=cause_code(outcome.error),
            ) from outcome.error
        return outcome

    async def _guarded(self, transaction_id: str, step: Awaitable[None]) -> None:
        try:
            await step
        except PublishError:
            await self._drop(transaction_id)
            raise
        except WorkbenchError as error:
            await self._drop(transaction_id)
            raise PublishError(
                f"Transaction {transaction_id!r} did not end well ({error}); nothing of it is visible unless it was "
                "committed just before. Look for its events before sending them again.",
                cause_code=type(error).__name__,
            ) from error
        except BaseException:
            await self._drop(transaction_id)
            raise

    async def _abort(self, transaction_id: str, writer: Writer) -> None:
        try:
            await writer.abort()
        except Exception:  # noqa: BLE001 - the body's error is the one to report; a new writer ends the transaction
            await self._drop(transaction_id)

    async def _drop(self, transaction_id: str) -> None:
        writer = self._writers.pop(transaction_id, None)
        if writer is not None:
            await writer.aclose()
