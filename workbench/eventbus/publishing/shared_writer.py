"""Joins concurrent sends into one write to the record log, without a linger time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.protocols import Writer
    from workbench.model import NewRecord, Outcome
    from workbench.tasks import Supervisor

MAX_BATCH_RECORDS = 1_000


class SharedWriter:
    """Writes the records of all concurrent `send` calls of a bus through one writer.

    Records that arrive while a write is under way are written together by the next one, in the order of arrival: one
    event does not wait for others, and many events make a batch.
    """

    def __init__(self, make_writer: Callable[[], Writer], tasks: Supervisor) -> None:
        self._make_writer = make_writer
        self._tasks = tasks
        self._writer: Writer | None = None
        self._waiting: list[tuple[NewRecord, asyncio.Future[Outcome]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def send(self, record: NewRecord) -> Outcome:
        """Write one record and return its outcome.

        Raises:
            PublishError: The writer was closed before the record was written.
        """
        if self._closed:
            raise PublishError("The bus is closed; nothing was sent.", topic=record.topic)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = self._tasks.spawn("shared-writer", self._write_all())
        return await future

    async def aclose(self) -> None:
        """Finish the write under way, fail what still waits, and close the writer."""
        self._closed = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        for record, future in self._waiting:
            if not future.done():
                future.set_exception(PublishError("The bus was closed before the event was sent.", topic=record.topic))
        self._waiting.clear()
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await writer.aclose()

    async def _write_all(self) -> None:
        while not self._closed:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and not self._closed:
                batch, self._waiting = self._waiting[:MAX_BATCH_RECORDS], self._waiting[MAX_BATCH_RECORDS:]
                await self._write(batch)

    async def _write(self, batch: list[tuple[NewRecord, asyncio.Future[Outcome]]]) -> None:
        try:
            if self._writer is None:
                self._writer = await self._make_writer().__aenter__()
            outcomes = await self._writer.send([record for record, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits for it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
