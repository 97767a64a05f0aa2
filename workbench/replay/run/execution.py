"""Sends the records of a confirmed plan. Each batch is journaled before it is sent and after it was acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import WorkbenchError
from workbench.replay.plan.batches import Batch, split
from workbench.replay.run.batches.ends import BatchEnds
from workbench.replay.run.batches.entries import BatchJournal
from workbench.replay.run.batches.sending import Sender
from workbench.replay.run.batches.writers import BatchEnd, BatchWriter, IdempotentWriter, TransactionalWriter
from workbench.replay.run.brakes import Brakes
from workbench.replay.run.ledger_rows import refused_rows
from workbench.replay.run.passing import may_pass
from workbench.replay.run.preparation import create_targets, start_positions
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from workbench.replay.proof.following import FollowingCheck
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.run_context import RunContext


@dataclass(frozen=True, slots=True)
class Remaining:
    """The records that a run has still to send."""

    seqs: Longs
    """Ascending."""
    overtaken: int = 0
    """Records that are not sent any more, because later ones of their lane are on the target."""


class PlanRun:
    """One try at the run of a plan, from its beginning or from where it was interrupted.

    Args:
        context: What it works with.
        remaining: The records that an interrupted run has still to send; None for a run that begins.
        tries_left: How often the run may be tried again after this.
        check: Reads back what the run writes, meanwhile.
    """

    def __init__(
        self,
        context: RunContext,
        remaining: Remaining | None = None,
        *,
        tries_left: int = 0,
        check: FollowingCheck | None = None,
    ) -> None:
        self.plan = plan = context.plan
        self.state = "confirmed"
        self.error: str | None = None
        self.tries_left = tries_left
        self._resumed = remaining is not None
        self._remaining = Remaining(plan.sent) if remaining is None else remaining
        self._context = context
        self._log = context.log
        self._journal = context.journal
        self._control = context.control
        self._progress = context.progress
        self._progress.begin(self._remaining.seqs)
        self.check = check
        self._sender = Sender(plan, self._control, self._remaining.seqs)
        self._brakes = Brakes(self._log, plan, self._control)
        self._expected = 0
        self._ends = BatchEnds(context)
        self._batches = BatchJournal(self._journal, plan.run_id)
        self._passing = False
        """Whether it ended for reasons that may pass."""

    @property
    def tried_again(self) -> bool:
        """Whether the run is to be tried again, now that this try has ended."""
        ended = self.state in ("failed", "in_doubt")
        return ended and self._passing and self.tries_left > 0 and not self._control.stop.is_set()

    async def go(self) -> None:
        """Prepare the targets, send every batch, and journal the end."""
        try:
            await self._start()
            state, error = await self._send_all()
        except asyncio.CancelledError:
            await self._end("in_doubt", "the run was interrupted while a batch was under way")
            raise
        except Exception as failure:
            # A run that has not begun has nothing in its journal to be resumed from.
            self._passing = self.state == "running" and may_pass([failure])
            with contextlib.suppress(WorkbenchError):
                await self._end("in_doubt" if self.state == "running" else "failed", str(failure))
            raise
        else:
            await self._end(state, error)
        finally:
            self._batches.close()
            self._journal.release(self.plan.run_id)

    async def _start(self) -> None:
        if self._resumed:
            pending = pa.array(self._remaining.seqs, pa.int64())
            self._batches.number = await asyncio.to_thread(self._journal.resume, self.plan.run_id, pending)
            self.state = "running"
            await self._brakes.start()
            self._progress.tell("running")
            return
        await create_targets(self._log, self.plan)
        positions = await start_positions(self._log, self.plan)
        left_out = refused_rows(self.plan)
        await asyncio.to_thread(self._journal.start, self.plan.run_id, positions, left_out)
        self.state = "running"
        if self.check is not None:
            self.check.start(positions)
        await self._brakes.start()
        self._progress.tell("running")

    async def _send_all(self) -> tuple[str, str | None]:
        writer = self._writer()
        try:
            try:
                await writer.open()
            except WorkbenchError as failure:
                self._passing = may_pass([failure])
                return "failed", failure.message
            async with self._watched():
                state, error = await self._send_batches(writer)
        finally:
            await self._sender.aclose()
            await writer.aclose()
        if state == "done" and self._remaining.overtaken:
            what = f"{counted(self._remaining.overtaken, 'record')} of earlier batches failed"
            return "failed", f"{what}; later records of their partitions are on the target already"
        return state, error

    @contextlib.asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        """Watch the brakes meanwhile."""
        watcher = asyncio.create_task(self._brakes.watch(), name="replay-brakes") if self._brakes.wanted else None
        try:
            yield
        finally:
            if watcher is not None:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher

    async def _send_batches(self, writer: BatchWriter) -> tuple[str, str | None]:
        seqs = self._remaining.seqs
        records = self.plan.records
        times = records.numbers("timestamp_ms")[seqs]
        queue = deque(split(seqs, records.sizes[seqs], times, self.plan.options))
        while queue:
            await self._control.ready(self._waits)
            if self._control.stop.is_set():
                return "stopped", self._control.stop_reason
            batch = queue.popleft()
            end = await self._deliver(writer, batch, queue[0] if queue else None)
            self._passing = end.passing
            if end.state == "unknown":
                return "in_doubt", end.error
            rest = self._ends.without_bad_records(batch, end)
            if rest is not None:
                queue.extendleft([rest] if len(rest.seqs) else [])
            elif self._control.stop.is_set() and len(end.written) < len(batch.seqs):
                return "stopped", self._control.stop_reason
            elif end.state == "aborted" or end.error is not None:
                return "failed", end.error
        return "done", None

    def _waits(self) -> None:
        """Enter the end of the last batch before a wait that may be long, and say why the run waits."""
        self._batches.settle()
        self._progress.tell("running", self._control.waiting_for)

    def _writer(self) -> BatchWriter:
        compression: Any = self.plan.options.compression
        if self.plan.options.writer == "idempotent":
            return IdempotentWriter(self._log, compression)
        return TransactionalWriter(self._log, self.plan.run_id, lambda: self._expected, compression)

    async def _deliver(self, writer: BatchWriter, batch: Batch, following: Batch | None) -> BatchEnd:
        """Write one batch that is entered in the journal, and prepare the one that follows meanwhile."""
        self._expected = len(batch.seqs)
        # Where rates hold the records, the next batch may wait for seconds: it is entered in its turn.
        transaction = await self._batches.begin(batch, following if self._sender.unlimited else None)
        ahead = None if following is None else following.seqs
        end = await writer.deliver(lambda opened: self._sender.send(opened, batch.seqs, ahead))
        self._batches.end(self._ends.settlement(transaction, batch, end))
        self._count(batch, end)
        if self.check is not None:
            self.check.settled(batch.seqs, end.written, committed=end.state == "committed")
        return end

    def _count(self, batch: Batch, end: BatchEnd) -> None:
        if end.state == "committed":
            self._progress.sent(batch.seqs, end.written.acked)
            self._progress.behind_ms = round(1000 * self._sender.behind_s(batch.last))
        # A batch that was left out because the run is to stop is no news; the end of the run is told next.
        if end.state == "committed" or not self._control.stop.is_set():
            self._progress.tell("running")

    async def _end(self, state: str, error: str | None) -> None:
        """Journal the end. It blocks the event loop on purpose: an awaited thread could be cancelled, the end lost."""
        self.state, self.error = state, error
        run_id = self.plan.run_id
        self._batches.settle()
        self._journal.finish(run_id, state, error=error)
        topics = ", ".join(self.plan.facts.target_topics)
        details = {"error": error} if error else None
        entry = self._context.audit_entry(
            "replay", state, topic=topics, records=self._progress.records, details=details
        )
        self._journal.audit(run_id, **entry)
        if not self.tried_again:
            self._progress.tell_end(state, error)
