"""Starts the run of a confirmed plan."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.replay.run.admission import admit, check_confirmed, only_run
from workbench.replay.run.attempts import run_to_its_end
from workbench.replay.run.control import RunControl
from workbench.replay.run.entering import entered
from workbench.replay.run.progress import RunProgress
from workbench.replay.run.run_context import RunContext
from workbench.replay.target.facts import Connection
from workbench.telemetry import SPAN_REPLAY, traced

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.proof.report import ReplayReport
    from workbench.replay.run.progress import ProgressListener
    from workbench.store.journal import Journal


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
        by: Who, for the journal and the audit.
        verify: Whether delivery is verified at the end.
        progress: Called after each batch.
        control: Pauses, resumes and cancels the run.

    Raises:
        ReplayRefused: Not confirmed, or refused by a rule; nothing was written.
    """
    connection = connection or Connection()
    control, told = control or RunControl(), RunProgress(plan, progress)
    journal_plan = plan.to_json()
    with only_run(plan):
        await asyncio.to_thread(journal.add_plan, journal_plan, writer_mode=plan.options.writer, reason=reason)
        await check_confirmed(plan, journal, confirm)
        async with entered(plan, journal):
            await admit(plan, target_log, journal, connection=connection, target=target)
        await asyncio.to_thread(journal.confirm, plan.run_id, by=by, reason=reason)
        context = RunContext(plan, target_log, journal, connection, target, by, reason, told, control)
        return await run_to_its_end(context, verify=verify)
