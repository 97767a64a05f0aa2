"""Resumes an interrupted run, so that each of its records is on the target once, in lane order.

The records of the run are those of its plan, so nothing is confirmed a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.run.attempts import run_to_its_end
from workbench.replay.run.control import RunControl
from workbench.replay.run.interrupted.reconciliation import reconciled
from workbench.replay.run.progress import RunProgress
from workbench.replay.run.run_context import RunContext
from workbench.replay.target.facts import Connection

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.proof.report import ReplayReport
    from workbench.replay.run.interrupted.reconciliation import Doubtful
    from workbench.replay.run.progress import ProgressListener
    from workbench.store.journal import Journal


async def resume_run(
    plan: Plan,
    target_log: RecordLog,
    journal: Journal,
    *,
    connection: Connection | None = None,
    target: str | Collection[str] | None = None,
    doubtful: Doubtful | None = None,
    reason: str = "",
    by: str = "",
    verify: bool = True,
    progress: ProgressListener | None = None,
    control: RunControl | None = None,
) -> ReplayReport:
    """Go on with a run that was killed, stopped or failed, so that each record is on the target exactly once.

    Args:
        plan: The plan of the run, made again from its journal; see `plan_from_json`.
        target_log: Open record log of the target cluster.
        journal: Where the run is recorded.
        connection: Properties of the connection; read-only by default.
        target: Physical name of the target, typed; needed where it is protected.
        doubtful: What to do with a batch of which the target cannot tell whether it arrived: ``skip`` leaves it out,
            ``send`` sends it and accepts that it may be there twice. Without it such a run is refused.
        reason: Why, for the audit.
        by: Who, for the audit.
        verify: Whether delivery is verified at the end.
        progress: Called after each batch.
        control: Pauses, resumes and cancels the run.

    Raises:
        ReplayRefused: The run is in another state, its target changed, or what is in doubt cannot be told.
    """
    control, told = control or RunControl(), RunProgress(plan, progress)
    connection = connection or Connection()
    context = RunContext(plan, target_log, journal, connection, target, by, reason, told, control)
    return await run_to_its_end(context, await reconciled(context, doubtful), verify=verify)
