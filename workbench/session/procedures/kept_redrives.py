"""Plans how dead letters of a snapshot file are sent home, fixed by a function of a file; runs a plan by its token.

The stored plan names its letters and keeps what the fix changed, so that it can be run without the fix as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ReplayRefused
from workbench.session.connecting import connect
from workbench.session.opening import open_snapshot
from workbench.session.procedures.fixes import edited_draft, load_fix
from workbench.session.procedures.planned_letters import with_letters
from workbench.session.replaying import planned
from workbench.tasks import in_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from workbench.model.feeds import Progress
    from workbench.replay import Draft, Plan, ReplayReport
    from workbench.replay.dead_letters.redrive import Redrive
    from workbench.session.procedures.fixes import HeaderChanges
    from workbench.session.snapshot import Snapshot


async def plan_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    headers: HeaderChanges,
    origin: str | None = None,
    origins: Mapping[str, str] | None = None,
    accept_errors: Collection[str] = (),
    address: str | None = None,
    **options: Any,
) -> tuple[Redrive, Plan]:
    """Plan how dead letters are sent home, and store the plan in the journal; see `Snapshot.redrive`."""
    chosen = {"origin": origin, "origins": origins, "accept_errors": accept_errors, **options}
    with open_snapshot(snapshot) as snap:
        redrive, draft = await _homebound(snap, fingerprint, fix, headers, chosen)
        async with await connect(address) as cluster:
            plan = await cluster.plan(draft, to=redrive.to)
            snap.journal().add_plan(with_letters(plan), writer_mode=plan.options.writer)
            return redrive, plan


async def run_kept_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    headers: HeaderChanges,
    confirm: str,
    origin: str | None = None,
    origins: Mapping[str, str] | None = None,
    accept_errors: Collection[str] = (),
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
    chosen: dict[str, Any] = {"origin": origin, "origins": origins, "accept_errors": accept_errors}
    with open_snapshot(snapshot) as snap:
        _, draft = await _homebound(snap, fingerprint, fix, headers, chosen)
        try:
            plan = await in_thread(lambda: planned(snap, draft, confirm))
        except ReplayRefused as error:
            raise _other_fix(error, confirm) from error
        async with await connect(address, write=True, reason=reason) as cluster:
            return await cluster.run(plan, confirm=confirm, target=target, progress=progress)


async def _homebound(
    snap: Snapshot, fingerprint: str | None, fix: Path | None, headers: HeaderChanges, chosen: dict[str, Any]
) -> tuple[Redrive, Draft]:
    change = None if fix is None else load_fix(fix)
    # In a thread, so that Ctrl-C is heard meanwhile.
    redrive = await in_thread(lambda: snap.redrive(fingerprint, fix=change, **chosen))
    return redrive, await in_thread(lambda: edited_draft(redrive.draft, None, headers))


def _other_fix(error: ReplayRefused, confirm: str) -> ReplayRefused:
    return ReplayRefused(
        f"{error.message} If the fix writes something else each time, such as the time, run the plan as it was "
        f"confirmed: workbench replay run SNAPSHOT {confirm}.",
        reasons=error.reasons,
    )
