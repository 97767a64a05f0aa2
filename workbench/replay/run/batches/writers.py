"""Writes one batch after another, each in a transaction or with an idempotent producer, and tells how each ended.

No batch is left undecided: a failed one is aborted, and one whose result cannot be known is reported as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from workbench.errors import PublishError, WorkbenchError
from workbench.model.records.written import UNKNOWN, WrittenColumns
from workbench.replay.run.passing import may_pass

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.bus.protocols import RecordLog, Writer
    from workbench.model.records.written import Compression

    Send = Callable[[Writer], Awaitable[WrittenColumns]]

BatchState = Literal["committed", "aborted", "unknown"]


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The result of a batch."""

    state: BatchState
    """Without transactions ``committed`` means that nothing is unknown; outcomes tell the rest."""
    written: WrittenColumns
    """The outcome of each record that was sent; fewer than planned when sending was interrupted."""
    error: str | None = None
    passing: bool = False
    """Whether it failed for reasons that may pass, such as a broker that does not answer."""


class BatchWriter(Protocol):
    """Writes the batches of a run."""

    async def open(self) -> None: ...
    async def deliver(self, send: Send) -> BatchEnd:
        """Write one batch; ``send`` may stop early: its outcomes are then fewer than the records."""
        ...

    async def aclose(self) -> None: ...


def transactional_id(run_id: str) -> str:
    """Return the transactional id of a run; all its lanes write under it."""
    return f"workbench.replay.{run_id}.0"


class TransactionalWriter:
    """Writes each batch in a transaction, all under one transactional id that contains the run id."""

    def __init__(
        self, log: RecordLog, run_id: str, expected: Callable[[], int], compression: Compression = "none"
    ) -> None:
        self._log = log
        self._compression = compression
        self._id = transactional_id(run_id)
        self._expected = expected
        self._writer: Writer | None = None

    async def open(self) -> None:
        """Start the writer. The broker aborts a dangling transaction of the same id and fences an older process."""
        writer = self._log.writer(transactional_id=self._id, compression=self._compression)
        await writer.__aenter__()
        self._writer = writer

    async def aclose(self) -> None:
        """Close the writer."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.aclose()

    async def deliver(self, send: Send) -> BatchEnd:
        """Begin, send, commit; or abort when anything was not acknowledged."""
        written = WrittenColumns.joined([])
        try:
            if self._writer is None:
                await self.open()
            writer = self._open_writer()
            await writer.begin()
            written = await send(writer)
        except WorkbenchError as error:
            return await self._undo(written, error.message, passing=may_pass([error]))
        if len(written) < self._expected() or written.acked < len(written):
            return await self._undo(written, written.first_error, passing=may_pass(written.errors.values()))
        try:
            await writer.commit()
        except PublishError as error:
            # The broker refused the commit, so nothing of it is visible. The producer cannot be used any more.
            await self.aclose()
            return BatchEnd("aborted", written, error.message, passing=may_pass([error]))
        except WorkbenchError as error:
            # The answer to the commit was lost: the coordinator may have committed it or not.
            await self.aclose()
            return BatchEnd("unknown", written, error.message, passing=may_pass([error]))
        return BatchEnd("committed", written)

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise WorkbenchError("The writer of this run is closed.")
        return self._writer

    async def _undo(self, written: WrittenColumns, error: str | None, *, passing: bool) -> BatchEnd:
        """Abort. Where that fails, open a new writer: the broker then aborts the open transaction of the old one."""
        try:
            await self._open_writer().abort()
        except WorkbenchError:
            await self.aclose()
            try:
                await self.open()
            except WorkbenchError as failed:
                reason = "; ".join(filter(None, [error, failed.message]))
                return BatchEnd("unknown", written, reason, passing=passing and may_pass([failed]))
        return BatchEnd("aborted", written, error, passing=passing)


class IdempotentWriter:
    """Writes without transactions; no duplicates while the process lives."""

    def __init__(self, log: RecordLog, compression: Compression = "none") -> None:
        self._log = log
        self._compression = compression
        self._writer: Writer | None = None

    async def open(self) -> None:
        """Start the writer."""
        self._writer = self._log.writer(compression=self._compression)
        await self._writer.__aenter__()

    async def aclose(self) -> None:
        """Close the writer."""
        if self._writer is not None:
            await self._writer.aclose()

    async def deliver(self, send: Send) -> BatchEnd:
        """Send; every acknowledgement is awaited."""
        if self._writer is None:
            raise WorkbenchError("The writer of this run is closed.")
        try:
            written = await send(self._writer)
        except WorkbenchError as error:
            return BatchEnd("unknown", WrittenColumns.joined([]), error.message)
        known = not (written.states == UNKNOWN).any()
        return BatchEnd("committed" if known else "unknown", written, written.first_error)
