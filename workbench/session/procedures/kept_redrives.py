"""Plans how dead letters of a snapshot file are sent home, fixed by a function of a file; runs a plan by its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect
from workbench.session.opening import open_snapshot
from workbench.session.procedures.fixes import edited_draft, load_fix
from workbench.session.replaying import planned
from workbench.tasks import in_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from workbench.model.feeds import Progress
    from workbench.replay import Plan, ReplayReport
    from workbench.replay.dead_letters.redrive import Redrive
    from workbench.session.procedures.fixes import HeaderChanges


async def plan_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    headers: HeaderChanges,
    origin: str | None = None,
    address: str | None = None,
    **options: Any,
) -> tuple[Redrive, Plan]:
    """Plan how dead letters are sent home, and store the plan in the journal; see `Snapshot.redrive`."""
    with open_snapshot(snapshot) as snap:
        change = None if fix is None else load_fix(fix)
        # In a thread, so that Ctrl-C is heard meanwhile.
        redrive = await in_thread(lambda: snap.redrive(fingerprint, fix=change, origin=origin, **options))
        draft = await in_thread(lambda: edited_draft(redrive.draft, None, headers))
        async with await connect(address) as cluster:
            plan = await cluster.plan(draft, to=redrive.to)
            snap.journal().add_plan(plan.to_json(), writer_mode=plan.options.writer)
            return redrive, plan


async def run_kept_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    confirm: str,
    origin: str | None = None,
    address: str | None = None,
    reason: str | None = None,
    target: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Run a plan of `plan_redrive`; the letters and the fix must give the same records as then.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The records differ from the planned ones, or a rule refuses the plan; nothing was sent.
    """
    with open_snapshot(snapshot) as snap:
        change = None if fix is None else load_fix(fix)
        redrive = await in_thread(lambda: snap.redrive(fingerprint, fix=change, origin=origin))
        plan = await in_thread(lambda: planned(snap, redrive.draft, confirm))
        async with await connect(address, write=True, reason=reason) as cluster:
            return await cluster.run(plan, confirm=confirm, target=target, progress=progress)
