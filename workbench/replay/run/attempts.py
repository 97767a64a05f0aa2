"""Tries a run, and with ``on_error="retry(3)"`` up to three times more after failures that may pass.

Another try resumes the run as a user would: it settles what is in doubt, checks the target again, and sends the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from workbench.buffers.memory_pool import steady_allocation
from workbench.errors import ReplayRefused, WorkbenchError
from workbench.replay.proof.following import FollowingCheck
from workbench.replay.proof.report import TRY, ReplayReport, read_report
from workbench.replay.proof.verification import verify_delivery
from workbench.replay.run.execution import PlanRun, Remaining
from workbench.replay.run.interrupted.reconciliation import reconciled
from workbench.replay.run.passing import may_pass
from workbench.text import counted, duration_text

if TYPE_CHECKING:
    from workbench.replay.proof.verification import Verification
    from workbench.replay.run.run_context import RunContext

log = logging.getLogger(__name__)

_KEPT_MS = 250
"""Freed pages of memory are kept for a quarter of a second: it saves 25 MB, and takes 3 % more CPU than a second."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
"""Wait before the first try; each further wait is twice as long, up to the longest."""


async def run_to_its_end(context: RunContext, remaining: Remaining | None = None, *, verify: bool) -> ReplayReport:
    """Run, try again where the plan says so, verify what was delivered where asked to, and report.

    Args:
        context: What the run works with.
        remaining: The records that an interrupted run has still to send; None for a run that begins.
        verify: Whether delivery is verified at the end.
    """
    run: PlanRun | None = PlanRun(
        context,
        remaining,
        tries_left=context.plan.options.retries,
        # It reads from where the targets ended before the run: a run that is resumed is verified at its end.
        check=FollowingCheck(context.log, context.plan) if verify and remaining is None else None,
    )
    verification = None
    with steady_allocation(_KEPT_MS):
        while run is not None:
            verification = await _tried(context, run, verify=verify)
            run = await _next_try(context, run) if run.tried_again else None
    return await asyncio.to_thread(read_report, context.journal, context.plan.run_id, verification)


async def _tried(context: RunContext, run: PlanRun, *, verify: bool) -> Verification | None:
    try:
        await _uninterrupted(context, run)
        if verify and run.state == "done":
            return await verify_delivery(context.log, context.plan, context.journal, following=run.check)
    except WorkbenchError:
        if not run.tried_again:
            raise
    finally:
        if run.check is not None:
            await run.check.aclose()
    return None


async def _uninterrupted(context: RunContext, run: PlanRun) -> None:
    """Run to the end. When cancelled, let the run decide its batch first; a second cancellation interrupts that too."""
    task = asyncio.ensure_future(run.go())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        context.control.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("Replay %s failed while it was cancelled: %s", context.plan.run_id, failure)  # noqa: TRY400 - another exception than the one handled
        raise


async def _next_try(context: RunContext, ended: PlanRun) -> PlanRun | None:
    """Wait, settle what is in doubt, and return the next try; None where there is none, which is journaled and told."""
    found: PlanRun | str = "interrupted before it was tried again"
    try:
        found = await _resumed_or_why_not(context, ended)
    finally:
        if isinstance(found, str):
            error = "; ".join(filter(None, [ended.error, found]))
            # It blocks the event loop on purpose: an awaited thread could be cancelled, the reason lost.
            context.journal.explain(context.plan.run_id, error)
            context.progress.tell_end(ended.state, error)
    return None if isinstance(found, str) else found


async def _resumed_or_why_not(context: RunContext, ended: PlanRun) -> PlanRun | str:
    tries = context.plan.options.retries
    last = ended.error or ""
    for number in range(tries - ended.tries_left + 1, tries + 1):
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (number - 1))
        context.progress.tell("running", f"try {number} of {tries} in {duration_text(pause_s, 's')}: {last}")
        if await _stopped_within(context, pause_s):
            return f"stopped before try {number} of {tries}"
        try:
            remaining = await reconciled(context)
        except WorkbenchError as failure:
            last = failure.message
            result = "refused" if isinstance(failure, ReplayRefused) else "failed"
            await _journal(context, number, result, last)
            if not may_pass([failure]):
                return f"try {number} of {tries} was {result}: {last}"
        else:
            await _journal(context, number, "resumed")
            return PlanRun(context, remaining, tries_left=tries - number)
    return f"{counted(tries, 'more try', 'more tries')} did not help: {last}"


async def _stopped_within(context: RunContext, pause_s: float) -> bool:
    """Wait before a try; returns at once when the run is to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(context.control.stop.wait(), pause_s)
    return context.control.stop.is_set()


async def _journal(context: RunContext, number: int, result: str, error: str = "") -> None:
    details = {"try": number, "of": context.plan.options.retries, "error": error}
    entry = context.audit_entry(TRY, result, details=details)
    await asyncio.to_thread(lambda: context.journal.audit(context.plan.run_id, **entry))
