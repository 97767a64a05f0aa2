"""Plans a replay of a snapshot file and stores the plan in the journal; runs a stored plan by its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.replay.plan.planning import unreadable
from workbench.session.connecting import connect
from workbench.session.opening import open_snapshot
from workbench.session.procedures.fixes import edited_draft
from workbench.session.procedures.planned_letters import planned_letters
from workbench.session.replaying import planned
from workbench.tasks import in_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from workbench.model.feeds import Progress
    from workbench.replay import Draft, Plan, ReplayReport
    from workbench.session.procedures.fixes import HeaderChanges
    from workbench.session.snapshot import Snapshot


async def plan_replay(
    snapshot: str | os.PathLike[str],
    selection: Any,
    *,
    address: str | None = None,
    to: str | Mapping[str, str] | None = None,
    fix: Path | None = None,
    headers: HeaderChanges | None = None,
    **options: Any,
) -> Plan:
    """Plan a replay and store the plan in the journal of the snapshot; nothing is sent.

    Args:
        snapshot: The snapshot file; it is opened read-only.
        selection: Which records; see `Snapshot.replay`.
        address: The target cluster; see `connect`.
        to: The target topic; see `Cluster.plan`.
        fix: A file with an edit of the bodies: a function ``fix(body)``, or a JSON patch in a ``.json`` file.
        headers: Changes of headers, keywords of `Draft.edit_headers`.
        options: See `Cluster.plan`.

    Raises:
        SnapshotError: There is no such file.
        ValidationError: The selection names no record of the snapshot.
        ConfigurationError: An option, the name of the target or the address is not valid.
    """
    _check(options)
    with open_snapshot(snapshot) as snap:
        async with await connect(address) as cluster:
            # In a thread, so that Ctrl-C is heard meanwhile.
            draft = await in_thread(lambda: edited_draft(snap.replay(selection, **options), fix, headers or {}))
            plan = await cluster.plan(draft, to)
            snap.journal().add_plan(plan.to_json(), writer_mode=plan.options.writer)
            return plan


def _check(options: Mapping[str, Any]) -> None:
    """Refuse options that are not valid before a file or a broker is asked."""
    from workbench.replay import Options

    try:
        Options.parse(options)
    except TypeError as error:
        # An unknown keyword; here the names are text that a user typed.
        raise ConfigurationError(str(error)) from error


async def run_kept_plan(
    snapshot: str | os.PathLike[str],
    selection: Any = None,
    *,
    confirm: str,
    address: str | None = None,
    reason: str | None = None,
    target: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Run a plan that `plan_replay` stored, over a connection that may write.

    Args:
        snapshot: The snapshot file.
        selection: The same selection that was planned; by default the SQL condition or the letters that the plan names.
        confirm: The token of the plan.
        address: The target cluster; see `connect`.
        reason: Why; see `connect`.
        target: The name of the target topic; required if the cluster is protected.
        progress: Called after each batch.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The selection differs from the planned one, or a replay rule refuses the plan; nothing was sent.
        ConfigurationError: The reason is missing, the address is not valid, or the plan was made of no condition.
    """
    with open_snapshot(snapshot) as snap:
        stored = snap.journal().planned(confirm).plan
        plan = await in_thread(lambda: planned(snap, _selected_again(snap, stored, selection), confirm))
        async with await connect(address, write=True, reason=reason) as cluster:
            return await cluster.run(plan, confirm=confirm, target=target, progress=progress)


def _selected_again(snap: Snapshot, stored: Mapping[str, Any], selection: Any) -> Draft:
    try:
        mode, description, digits = stored["options"]["mode"], stored["description"], stored["hash"][:8]
    except (LookupError, TypeError) as error:
        raise unreadable(error) from error
    if mode == "redrive" and selection is None:
        return planned_letters(snap, stored)
    chosen = _condition(description, digits) if selection is None else selection
    # A stimulus selects the roots of what was selected; every other option is that of the stored plan anyway.
    return snap.replay(chosen, **({"mode": mode} if mode == "stimulus" else {}))


def _condition(description: str, confirm: str) -> str:
    """Return the SQL condition by which the records of a plan were selected."""
    _, found, condition = description.partition("where ")
    if not found:
        raise ConfigurationError(
            f"Plan {confirm} was not made of an SQL condition ({description}). Run it by the command that made it, "
            f"with --confirm {confirm}.",
        )
    return condition
