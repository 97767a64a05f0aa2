"""Plans and runs replays over a connection, and shows the panel of a plan; see `Cluster.plan` and `Cluster.run`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import ReplayRefused, ValidationError, WorkbenchError
from workbench.model.feeds import PlanFacts, Progress
from workbench.replay import (
    Connection,
    Draft,
    Pipeline,
    RunControl,
    fetch_facts,
    make_plan,
    plan_from_json,
    read_report,
    run_plan,
)
from workbench.session.connection.acting_user import acting_user
from workbench.session.connection.replay_access import access_of
from workbench.session.transforming import ClusterTransforms
from workbench.session.watching.replacing import shown
from workbench.store.journal import RecordedRuns, journal_path
from workbench.tasks import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.replay import Plan, ReplayReport
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.snapshot import Snapshot
    from workbench.store.journal import Journal
    from workbench.widgets import ReplayPanel


async def plan(connection: ClusterConnection, draft: Draft, to: str | Mapping[str, str] | None, **options: Any) -> Plan:
    """Describe the target topics and make the plan; see `Cluster.plan`."""
    if not isinstance(draft, Draft):
        raise ValidationError(f"A plan is made of a draft, snap.replay(…), not of {type(draft).__name__}.")
    wanted = draft.replace(**options) if options else draft
    runs = _runs_of(wanted.origin)
    access = await _access_now(connection)
    facts = await fetch_facts(connection.plain_log, wanted, to, connection=access, journal=runs)
    # Rewriting decodes each record: the event loop goes on meanwhile, and the caller can be cancelled.
    return await in_thread(lambda: make_plan(wanted, facts))


async def run(
    connection: ClusterConnection,
    plan: Plan,
    *,
    confirm: str | None,
    target: str | Sequence[str] | None,
    progress: Callable[[Progress], None] | None,
    control: RunControl | None = None,
) -> ReplayReport:
    """Run a plan with the journal of its snapshot; see `Cluster.run`."""
    _check_plan(plan)
    journal = _journal_of(plan.origin)
    if journal is None:
        raise ReplayRefused(
            "The plan's records come from no snapshot, so there is no journal to record the run in; nothing was sent. "
            "Make the draft with Snapshot.replay().",
            reasons=["no journal"],
        )
    return await run_plan(
        plan,
        connection.plain_log,
        journal,
        connection=await _access_now(connection),
        confirm=confirm,
        target=target,
        by=acting_user(connection.profile),
        reason=connection.reason,
        progress=progress,
        control=control,
    )


def _check_plan(plan: object) -> None:
    from workbench.replay import Plan

    if not isinstance(plan, Plan):
        raise ValidationError(f"What is run is a plan, await cluster.plan(draft), not {type(plan).__name__}.")


async def _access_now(connection: ClusterConnection) -> Connection:
    """Return what a connection may do, with the transforms of its cluster as they are now, where it tells them."""
    access = access_of(connection)
    if connection.profile.admin is None and connection.view_host is None:
        return access
    try:
        views = await ClusterTransforms(connection).views()
    except WorkbenchError:
        return access  # without the right, or while the Admin API is away
    return replace(
        access, pipelines=tuple(Pipeline(view.name, view.source_topic, view.output_topics) for view in views)
    )


def planned(snapshot: Snapshot, draft: Draft, confirm: str) -> Plan:
    """Load a plan from the journal by its token, and make it again from the same selection.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The selection differs from the planned one (docs/replay-rules.md G-7).
    """
    row = snapshot.journal().planned(confirm)
    return plan_from_json(row.plan, draft)


def panel(connection: ClusterConnection, plan: Plan) -> ReplayPanel:
    """Show a plan in a panel whose button calls `run`; see `Cluster.panel`."""
    from workbench.widgets import ReplayPanel

    _check_plan(plan)
    source = _PlanSource(connection, plan)
    name = f"replay {source.facts.token} on {connection.name}"
    former = shown.find(name)
    # Running the cell again must not stop a replay half-way: its panel is shown again.
    if isinstance(former, ReplayPanel) and former.state == "running":
        return former
    shown.end_former(name)
    made = ReplayPanel(source, supervisor=connection.tasks)
    shown.add(made, name)
    return made


class _PlanSource:
    """Gives a panel the facts and progress of a plan, and runs it; implements `workbench.model.feeds.PlanSource`."""

    def __init__(self, connection: ClusterConnection, plan: Plan) -> None:
        self._connection = connection
        self._plan = plan
        self._progress = Progress("waiting")
        self._control: RunControl | None = None

    @property
    def facts(self) -> PlanFacts:
        return self._plan.view()

    @property
    def progress(self) -> Progress:
        return self._progress

    async def run(self, *, confirm: str, target: str | None) -> ReplayReport:
        connection = self._connection.require_open()
        self._control = control = RunControl()
        return await run(connection, self._plan, confirm=confirm, target=target, progress=self._note, control=control)

    def report(self) -> ReplayReport | None:
        journal = _journal_of(self._plan.origin)
        if self._control is None or journal is None:
            return None
        try:
            found = read_report(journal, self._plan.run_id)
        except WorkbenchError:
            return None  # the snapshot was closed meanwhile
        return None if found.state in ("planned", "confirmed") else found

    def pause(self) -> None:
        if self._control is not None:
            self._control.pause()

    def resume(self) -> None:
        if self._control is not None:
            self._control.resume()

    def _note(self, progress: Progress) -> None:
        self._progress = progress


def _journal_of(origin: object) -> Journal | None:
    snapshot: Snapshot | None = origin if hasattr(origin, "journal") else None  # type: ignore[assignment]  # checked by name
    return None if snapshot is None else snapshot.journal()


def _runs_of(origin: object) -> Journal | RecordedRuns | None:
    """Return where earlier runs are recorded. Planning alone creates no journal beside a snapshot opened read-only."""
    snapshot: Snapshot | None = origin if hasattr(origin, "journal") else None  # type: ignore[assignment]  # checked by name
    if snapshot is None or not snapshot.read_only or journal_path(snapshot.path).is_file():
        return _journal_of(origin)
    return RecordedRuns(snapshot.store.connection)
