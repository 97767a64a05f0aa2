"""Plans a replay of a snapshot file into its journal, and runs a plan from there by its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect
from workbench.session.replaying import planned
from workbench.session.snapshot import open_snapshot

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from workbench.model.feeds import Progress
    from workbench.replay import Plan, ReplayReport


async def plan_replay(
    snapshot: str | os.PathLike[str],
    selection: Any,
    *,
    address: str | None = None,
    to: str | Mapping[str, str] | None = None,
    **options: Any,
) -> Plan:
    """Plan a replay and keep the plan in the snapshot's journal; nothing is sent.

    Args:
        snapshot: The snapshot's file, opened read-only.
        selection: Which records; see `Snapshot.replay`.
        address: The target cluster; see `connect`.
        to: The target topic; see `Cluster.plan`.
        options: See `Cluster.plan`.

    Raises:
        SnapshotError: There is no such file.
        ValidationError: The selection names no record of the snapshot.
        ConfigurationError: An option, the target's name or the address cannot be used.
    """
    with open_snapshot(snapshot) as snap:
        async with await connect(address) as cluster:
            plan = await cluster.plan(snap.replay(selection), to, **options)
            snap.journal().add_plan(plan.to_json(), writer_mode=plan.options.writer)
            return plan


async def run_kept_plan(
    snapshot: str | os.PathLike[str],
    selection: Any,
    *,
    confirm: str,
    address: str | None = None,
    reason: str | None = None,
    target: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Run a plan that `plan_replay` kept, over a connection that may write.

    Args:
        snapshot: The snapshot's file.
        selection: The same selection as that of the plan.
        confirm: The plan's token.
        address: The target cluster; see `connect`.
        reason: Why; see `connect`.
        target: The name of a protected target, typed.
        progress: Called after each batch.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The selection is another than the planned one, or a rule holds; nothing was written.
        ConfigurationError: The reason is missing, or the address cannot be used.
    """
    with open_snapshot(snapshot) as snap:
        plan = planned(snap, snap.replay(selection), confirm)
        async with await connect(address, write=True, reason=reason) as cluster:
            return await cluster.run(plan, confirm=confirm, target=target, progress=progress)
