"""Runs a confirmed plan. Each batch is journaled before it is sent and after it was acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.buffers.memory_pool import steady_allocation
from workbench.errors import PublishError, WorkbenchError
from workbench.model.feeds import PartProgress, Progress
from workbench.model.records.written import ACKED
from workbench.replay.plan.batches import Batch, split
from workbench.replay.proof.following import FollowingCheck
from workbench.replay.proof.report import ReplayReport, read_report
from workbench.replay.proof.verification import verify_delivery
from workbench.replay.run.admission import admit, only_run
from workbench.replay.run.batch_journal import BatchJournal
from workbench.replay.run.batch_writer import BatchEnd, BatchWriter, IdempotentWriter, TransactionalWriter
from workbench.replay.run.brakes import Brakes
from workbench.replay.run.control import RunControl
from workbench.replay.run.ledger_rows import edit_rows, refused_rows, selection_rows, settled_rows
from workbench.replay.run.preparation import create_targets, start_positions
from workbench.replay.run.sending import Sender
from workbench.replay.target.facts import Connection
from workbench.store.journal import Settlement
from workbench.telemetry import SPAN_REPLAY, traced
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.store.journal import Journal, Transaction

    ProgressListener = Callable[[Progress], None]

log = logging.getLogger(__name__)

OF_THE_RECORD = frozenset({"MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_TIMESTAMP", "INVALID_RECORD"})
"""Broker answers that one record caused; ``on_error="skip_record"`` leaves that record out and goes on."""


@traced(SPAN_REPLAY, "replay")
async def run_plan(
    plan: Plan,
    target_log: RecordLog,
    journal: Journal,
    *,
    connection: Connection | None = None,
    confirm: str | None = None,
    target: str | Collection[str] | None = None,
    reason: str = "",
    by: str = "",
    verify: bool = True,
    progress: ProgressListener | None = None,
    control: RunControl | None = None,
) -> ReplayReport:
    """Run a plan, once.

    Cancelling the task stops the run: the transaction of the present batch is aborted, the run is ``stopped``, and the
    cancellation is raised again. Cancelling a second time does not wait for that, and leaves the run ``in_doubt``.

    Args:
        plan: The plan.
        target_log: Open record log of the target cluster.
        journal: Records every step.
        connection: Properties of the connection; read-only by default.
        confirm: The plan's token, or more digits of its hash.
        target: Physical name of the target, typed; needed where it is protected.
        reason: Why, for the journal and the audit.
        by: Who, for the journal and the audit; only when configured.
        verify: Whether delivery is verified at the end.
        progress: Called after each batch.
        control: Pauses, resumes and cancels the run.

    Raises:
        ReplayRefused: Not confirmed, or refused by a rule; nothing was written.
    """
    journal_plan = plan.to_json()
    with only_run(plan):
        await asyncio.to_thread(journal.add_plan, journal_plan, writer_mode=plan.options.writer, reason=reason)
        await admit(plan, target_log, journal, connection=connection or Connection(), confirm=confirm, target=target)
        await asyncio.to_thread(journal.confirm, plan.run_id, by=by, reason=reason)
        run = PlanRun(plan, target_log, journal, Who(by, reason), progress=progress, control=control)
        return await run_to_its_end(run, verify=verify)


async def run_to_its_end(run: PlanRun, *, verify: bool) -> ReplayReport:
    """Run, verify what was delivered where asked to, and report. Cancelling stops it; see `run_plan`."""
    run.check = FollowingCheck(run.log, run.plan) if verify else None
    verification = None
    with steady_allocation():
        try:
            await _uninterrupted(run)
            if verify and run.state == "done":
                verification = await verify_delivery(run.log, run.plan, run.journal, following=run.check)
        finally:
            if run.check is not None:
                await run.check.aclose()
    return await asyncio.to_thread(read_report, run.journal, run.plan.run_id, verification)


@dataclass(frozen=True, slots=True)
class Who:
    """Who runs the plan, and why; for the audit."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """The records that a run has still to send."""

    seqs: Longs
    """Ascending."""
    overtaken: int = 0
    """Records that are not sent any more, because later ones of their lane are on the target."""


async def _uninterrupted(run: PlanRun) -> None:
    """Run to the end. When cancelled, let the run decide its batch first; a second cancellation interrupts that too."""
    task = asyncio.ensure_future(run.go())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        run.control.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("Replay %s failed while it was cancelled: %s", run.plan.run_id, failure)  # noqa: TRY400 - another exception than the one handled
        raise


class PlanRun:
    """One running plan.

    Args:
        plan: The plan.
        target_log: Open record log of the target cluster.
        journal: Records every step.
        who: Who runs it, for the audit.
        progress: Called after each batch.
        control: Pauses, resumes and cancels it.
        remaining: The records that an interrupted run has still to send; None for a run that begins.
    """

    def __init__(
        self,
        plan: Plan,
        target_log: RecordLog,
        journal: Journal,
        who: Who,
        *,
        progress: ProgressListener | None,
        control: RunControl | None = None,
        remaining: Remaining | None = None,
    ) -> None:
        self.plan = plan
        self._resumed = remaining is not None
        self._remaining = Remaining(plan.sent) if remaining is None else remaining
        self.state = "confirmed"
        self.control = control or RunControl()
        self.log = target_log
        self.journal = journal
        self._who = who
        self._listener = progress
        self._sender = Sender(plan, self.control, self._remaining.seqs)
        self.check: FollowingCheck | None = None
        """Reads back what the run writes, meanwhile."""
        self._brakes = Brakes(target_log, plan, self.control)
        self._expected = 0
        self._skipped: dict[int, str] = {}
        self._done = len(plan.sent) - len(self._remaining.seqs)
        self._bytes = 0
        self._behind_ms = 0
        """Milliseconds behind the original pace."""
        self._batches = BatchJournal(journal, plan.run_id)

    async def go(self) -> None:
        """Prepare the targets, send every batch, and journal the end."""
        try:
            await self._start()
            state, error = await self._send_all()
        except asyncio.CancelledError:
            await self._end("in_doubt", "the run was interrupted while a batch was under way")
            raise
        except Exception as failure:
            with contextlib.suppress(WorkbenchError):
                await self._end("in_doubt" if self.state == "running" else "failed", str(failure))
            raise
        else:
            await self._end(state, error)
        finally:
            self._batches.close()
            self.journal.release(self.plan.run_id)

    async def _start(self) -> None:
        if self._resumed:
            pending = pa.array(self._remaining.seqs, pa.int64())
            self._batches.number = await asyncio.to_thread(self.journal.resume, self.plan.run_id, pending)
            self.state = "running"
            await self._brakes.start()
            self._tell("running")
            return
        await create_targets(self.log, self.plan)
        positions = await start_positions(self.log, self.plan)
        selection = await asyncio.to_thread(selection_rows, self.plan)
        left_out = refused_rows(self.plan)
        edits = await asyncio.to_thread(edit_rows, self.plan)
        await asyncio.to_thread(self.journal.start, self.plan.run_id, positions, selection, left_out, edits)
        self.state = "running"
        if self.check is not None:
            self.check.start(positions)
        await self._brakes.start()
        self._tell("running")

    async def _send_all(self) -> tuple[str, str | None]:
        writer = self._writer()
        try:
            try:
                await writer.open()
            except WorkbenchError as failure:
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
            await self.control.ready(self._waits)
            if self.control.stop.is_set():
                return "stopped", self.control.stop_reason
            batch = queue.popleft()
            end = await self._deliver(writer, batch, queue[0] if queue else None)
            if end.state == "unknown":
                return "in_doubt", end.error
            rest = self._without_bad_records(batch, end)
            if rest is not None:
                queue.extendleft([rest] if len(rest.seqs) else [])
            elif self.control.stop.is_set() and len(end.written) < len(batch.seqs):
                return "stopped", self.control.stop_reason
            elif end.state == "aborted" or end.error is not None:
                return "failed", end.error
        return "done", None

    def _waits(self) -> None:
        """Enter the end of the last batch before a wait that may be long, and say why the run waits."""
        self._batches.settle()
        self._tell("running", self.control.waiting_for)

    def _writer(self) -> BatchWriter:
        compression: Any = self.plan.options.compression
        if self.plan.options.writer == "idempotent":
            return IdempotentWriter(self.log, compression)
        return TransactionalWriter(self.log, self.plan.run_id, lambda: self._expected, compression)

    async def _deliver(self, writer: BatchWriter, batch: Batch, following: Batch | None) -> BatchEnd:
        """Write one batch that is entered in the journal, and prepare the one that follows meanwhile."""
        self._expected = len(batch.seqs)
        transaction = await self._batches.begin(batch)
        ahead = None if following is None else following.seqs
        end = await writer.deliver(lambda opened: self._sender.send(opened, batch.seqs, ahead))
        self._note_bad_records(batch, end)
        self._batches.end(functools.partial(self._settlement, transaction, batch, end, dict(self._skipped)))
        self._count(batch, end)
        if self.check is not None:
            self.check.settled(batch.seqs, end.written, committed=end.state == "committed")
        return end

    def _settlement(
        self, transaction: Transaction, batch: Batch, end: BatchEnd, skipped: Mapping[int, str]
    ) -> Settlement:
        rows = settled_rows(self.plan, batch.seqs, end, skipped)
        entries = self._audit_entries(batch, end)
        # Records of a batch that was aborted are sent again without the ones that the broker refused.
        return Settlement(transaction, end.state, rows, entries, again=bool(skipped))

    def _note_bad_records(self, batch: Batch, end: BatchEnd) -> None:
        if self.plan.options.on_error != "skip_record" or end.state != "aborted":
            return
        for row, error in end.written.errors.items():
            if _caused_by_record(error):
                self._skipped[int(batch.seqs[row])] = str(error)

    def _without_bad_records(self, batch: Batch, end: BatchEnd) -> Batch | None:
        """Return the batch without the records that the broker refused; None where it failed for another reason."""
        errors, unsettled = end.written.errors, len(end.written) - end.written.acked
        if end.state != "aborted" or not errors or unsettled != len(errors):
            return None
        if self.plan.options.on_error != "skip_record" or not all(map(_caused_by_record, errors.values())):
            return None
        return Batch(np.setdiff1d(batch.seqs, np.fromiter(self._skipped, np.int64, len(self._skipped))))

    def _audit_entries(self, batch: Batch, end: BatchEnd) -> list[Mapping[str, Any]]:
        numbers = self.plan.records.target_numbers[batch.seqs]
        acked = np.zeros(len(batch.seqs), bool)
        acked[: len(end.written)] = end.written.states == ACKED
        return [
            self._audit_entry(
                "replay.batch",
                end.state,
                topic=self.plan.facts.target_topics[number],
                records=int((acked & (numbers == number)).sum()) if end.state == "committed" else 0,
            )
            for number in sorted(set(numbers.tolist()))
        ]

    def _audit_entry(self, action: str, result: str, *, topic: str, records: int) -> Mapping[str, Any]:
        return {
            "action": action,
            "who": self._who.by,
            "reason": self._who.reason,
            "cluster": self.plan.facts.cluster_id,
            "topic": topic,
            "records": records,
            "result": result,
        }

    def _count(self, batch: Batch, end: BatchEnd) -> None:
        if end.state == "committed":
            self._done += end.written.acked
            self._bytes += int(self.plan.records.sizes[batch.seqs].sum())
            self._behind_ms = round(1000 * self._sender.behind_s(batch.last))
        # A batch that was left out because the run is to stop is no news; the end of the run is told next.
        if end.state == "committed" or not self.control.stop.is_set():
            self._tell("running")

    async def _end(self, state: str, error: str | None) -> None:
        """Journal the end. It blocks the event loop on purpose: an awaited thread could be cancelled, the end lost."""
        self.state = state
        run_id = self.plan.run_id
        self._batches.settle()
        self.journal.finish(run_id, state, error=error)
        topics = ", ".join(self.plan.facts.target_topics)
        self.journal.audit(run_id, **self._audit_entry("replay", state, topic=topics, records=self._done))
        self._tell({"done": "done", "stopped": "stopped"}.get(state, "failed"), error or "")

    def _tell(self, state: str, note: str = "") -> None:
        if self._listener is None:
            return
        part = PartProgress(", ".join(self.plan.facts.target_topics), 0, len(self.plan.sent), self._done)
        counts = [("records", self._done), ("bytes", self._bytes), ("skipped", len(self._skipped))]
        if self._behind_ms:
            counts.append(("behind_ms", self._behind_ms))
        try:
            self._listener(Progress(state, (part,), note, tuple(counts)))  # type: ignore[arg-type]  # one of its words
        except Exception:
            log.exception("A listener of replay %s failed and is not called again", self.plan.run_id)
            self._listener = None


def _caused_by_record(error: Exception | None) -> bool:
    return isinstance(error, PublishError) and error.cause_code in OF_THE_RECORD
