"""Plans and runs replays over a cluster: target facts, journal, the one guarded call, and its panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ReplayRefused, ValidationError
from workbench.model.feeds import PlanFacts, Progress
from workbench.replay import Connection, Draft, fetch_facts, make_plan, plan_from_json, run_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.replay import Plan, ReplayReport
    from workbench.session.cluster import Cluster
    from workbench.session.snapshot import Snapshot
    from workbench.store.journal import Journal
    from workbench.widgets import ReplayPanel


def connection_of(cluster: Cluster) -> Connection:
    """What a connection says about itself to the guards."""
    return Connection(
        read_only=not cluster.writable,
        protected=cluster.profile.protected,
        development=cluster.profile.development,
    )


async def plan(cluster: Cluster, draft: Draft, to: str | Mapping[str, str] | None, **options: Any) -> Plan:
    """Fetch the target's facts and make the plan; see `Cluster.plan`."""
    cluster._check_open()  # noqa: SLF001 - the facade's other half
    if not isinstance(draft, Draft):
        raise ValidationError(f"A plan is made of a draft, snap.replay(…), not of {type(draft).__name__}.")
    wanted = draft.replace(**options) if options else draft
    journal = _journal_of(wanted.origin)
    facts = await fetch_facts(cluster.log, wanted, to, connection=connection_of(cluster), journal=journal)
    return make_plan(wanted, facts)


async def run(
    cluster: Cluster,
    plan: Plan,
    *,
    confirm: str | None,
    target: str | None,
    progress: Callable[[Progress], None] | None,
) -> ReplayReport:
    """Run a plan by the guarded call; see `Cluster.run`."""
    cluster._check_open()  # noqa: SLF001 - the facade's other half
    journal = _journal_of(plan.origin)
    if journal is None:
        raise ReplayRefused(
            "The plan's records come from no snapshot, so there is no journal to record the run in; nothing was sent. "
            "Make the draft with Snapshot.replay().",
            reasons=["no journal"],
        )
    return await run_plan(
        plan,
        cluster.log,
        journal,
        connection=connection_of(cluster),
        confirm=confirm,
        target=target,
        reason=cluster.reason,
        progress=progress,
    )


def planned(snapshot: Snapshot, draft: Draft, confirm: str) -> Plan:
    """Load a journaled plan by its token and make it again from the same selection.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The selection is not the planned one any more (G-7).
    """
    row = snapshot.journal().planned(confirm)
    return plan_from_json(row.plan, draft)


def panel(cluster: Cluster, plan: Plan) -> ReplayPanel:
    """Show a plan in a panel whose button ends in `run`; see `Cluster.panel`."""
    from workbench.widgets import ReplayPanel

    return ReplayPanel(_Source(cluster, plan), supervisor=cluster.tasks)


class _Source:
    """A `workbench.model.feeds.PlanSource` over one cluster."""

    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self._cluster = cluster
        self._plan = plan
        self._progress = Progress("waiting")

    @property
    def facts(self) -> PlanFacts:
        return self._plan.view()

    @property
    def progress(self) -> Progress:
        return self._progress

    async def run(self, *, confirm: str, target: str | None) -> ReplayReport:
        return await run(self._cluster, self._plan, confirm=confirm, target=target, progress=self._note)

    def _note(self, progress: Progress) -> None:
        self._progress = progress


def _journal_of(origin: object) -> Journal | None:
    snapshot: Snapshot | None = origin if hasattr(origin, "journal") else None  # type: ignore[assignment]  # checked by name
    return None if snapshot is None else snapshot.journal()
