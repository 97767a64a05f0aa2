"""Does something with a run that a snapshot file records: resume, verify, abandon, or delete what it created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from workbench.session.connecting import connect
from workbench.session.opening import open_snapshot

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.model.feeds import Progress
    from workbench.replay import ReplayReport
    from workbench.session.snapshot import Snapshot
    from workbench.tracing.reaction.reaction import Reaction

_INTERRUPTED = ("stopped", "failed", "in_doubt")


def open_runs(snapshot: str | os.PathLike[str], run: str) -> Snapshot:
    """Open a snapshot so that the record of a run can be changed: for writing only where the file itself has it."""
    snap = open_snapshot(snapshot)
    if not snap.replays.recorded_in_file(run):
        return snap
    snap.close()
    return open_snapshot(snapshot, write=True)


def interrupted_run(snapshot: str | os.PathLike[str], name: str) -> ReplayReport | None:
    """Return the report of a run that did not come to its end, and can be resumed; None where it never began.

    Args:
        snapshot: The snapshot file.
        name: First digits of the run, or of the hash of its plan.
    """
    from workbench.replay import read_report

    with open_runs(snapshot, name) as snap:
        for row in snap.journal().runs():
            if (row.run_id.startswith(name) or row.plan_hash.startswith(name)) and row.state in _INTERRUPTED:
                return read_report(snap.journal(), row.run_id)
    return None


async def verify_kept_run(
    snapshot: str | os.PathLike[str], run: str, *, address: str | None, reason: str | None
) -> ReplayReport:
    """Verify the delivery of a run; see `Replays.verify`."""
    with open_runs(snapshot, run) as snap:
        async with await connect(address, write=True, reason=reason) as cluster:
            return await snap.replays.verify(run, cluster)


async def react_to_kept_run(
    snapshot: str | os.PathLike[str],
    run: str,
    *,
    address: str | None,
    reason: str | None,
    verify_timeout_s: float = 60.0,
    optional: Sequence[str] = (),
    ignore: Sequence[str] = (),
    into: Path | None = None,
) -> Reaction:
    """Compare what a run caused with what its records had caused before; see `Replays.reaction`."""
    with open_runs(snapshot, run) as snap:
        async with await connect(address, write=True, reason=reason) as cluster:
            return await snap.replays.reaction(
                run, cluster, verify_timeout_s=verify_timeout_s, optional=optional, ignore=ignore, into=into
            )


async def resume_kept_run(
    snapshot: str | os.PathLike[str],
    run: str,
    *,
    address: str | None,
    reason: str | None,
    target: str | None = None,
    doubtful: Literal["skip", "send"] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Go on with an interrupted run; see `Replays.resume`."""
    with open_runs(snapshot, run) as snap:
        async with await connect(address, write=True, reason=reason) as cluster:
            return await snap.replays.resume(run, cluster, target=target, doubtful=doubtful, progress=progress)


async def abandon_kept_run(
    snapshot: str | os.PathLike[str], run: str, *, address: str | None, reason: str | None
) -> ReplayReport:
    """Give up a run in doubt; see `Replays.abandon`."""
    with open_runs(snapshot, run) as snap:
        async with await connect(address, write=True, reason=reason) as cluster:
            return await snap.replays.abandon(run, cluster)


async def delete_created_by_run(
    snapshot: str | os.PathLike[str], run: str, *, address: str | None, reason: str | None, topic: str
) -> None:
    """Delete a topic that a run created; see `Replays.delete_created`."""
    with open_runs(snapshot, run) as snap:
        async with await connect(address, write=True, reason=reason) as cluster:
            await snap.replays.delete_created(run, cluster, topic=topic)
