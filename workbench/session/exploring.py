"""Gives a cluster its explorer; see `Cluster.explore`."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from workbench.session.watching.replacing import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.live.search.result import SearchResult
    from workbench.model.schema_feed import SchemaFeed
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.tracing.trace import Trace
    from workbench.widgets import Explorer, ReplayPanel

_numbers = count(1)


class HasExplorer:
    """Gives `workbench.Cluster`, which inherits it, its `explore`."""

    _connection: ClusterConnection

    def explore(self, **options: Any) -> Explorer:
        """Explore the cluster: topics, messages, search, groups, traces and the selected record, side by side.

        Write it as the last line of a cell to show it. Running its cell again replaces it. It joins no group, commits
        nothing, and after its first look asks for nothing while no browser shows it.

        Args:
            options: ``height`` of the tables in pixels; ``pane``, the name of the pane that is shown first; ``view``,
                the name of a ``[views.NAME]`` table of ``workbench.toml``.

        Raises:
            ConfigurationError: There is no such view.
        """
        connection = self._connection.require_open()
        return explorer_of(self, connection, **options)


def explorer_of(
    cluster: Any,
    connection: ClusterConnection,
    *,
    closed: Callable[[], None] | None = None,
    view: str | None = None,
    **options: Any,
) -> Explorer:
    """Start the task that keeps topics fresh, and return the explorer; it replaces that of the same cell."""
    from workbench.config import load_settings
    from workbench.config.views import saved_view
    from workbench.live.explorer.desk import DeskParts, ExplorerDesk
    from workbench.widgets import Explorer
    from workbench.widgets.base.dashboard import in_voila

    made: list[Explorer] = []
    saved = None if view is None else saved_view(load_settings().views, view)
    if saved is not None:
        options.setdefault("pane", saved.pane)

    def draw(trace: Trace) -> None:
        made[-1].attach(trace.show())

    async def plan_replay(found: SearchResult, file: str, to: str, options: Mapping[str, Any]) -> str:
        made[-1].attach(await _replay_panel(cluster, found, file, to, options))
        return f"stored in {file} and planned; the panel below shows the plan and runs it"

    parts = DeskParts(
        schemas=_schemas(connection),
        plan_replay=plan_replay,
        # Every visitor of a page may click: what changes the cluster stays with its author.
        acts=cluster.acts if connection.writable and not in_voila() else None,
    )
    name = f"explorer of {connection.name}"
    task = f"{name} ({next(_numbers)})"
    desk = ExplorerDesk(cluster, hides=connection.hides, draw=draw, view=saved, parts=parts)

    def end() -> None:
        connection.tasks.cancel(task)

    explorer = Explorer(desk, supervisor=connection.tasks, end=end, closed=closed, **options)
    # Only now: a wrong option has raised before anything was ended or read.
    shown.end_former(name)
    made.append(explorer)
    connection.tasks.spawn(task, desk.run())
    shown.add(explorer, name)
    return explorer


async def _replay_panel(
    cluster: Any, found: SearchResult, file: str, to: str, options: Mapping[str, Any]
) -> ReplayPanel:
    """Store records in a snapshot, whose journal will know what was sent, and show the panel of their plan."""
    snap = await cluster.capture(found, into=file)
    panel: ReplayPanel = cluster.panel(await cluster.plan(snap.replay(found, **options), to or None))
    return panel


def _schemas(connection: ClusterConnection) -> SchemaFeed | None:
    if connection.profile.schema_registry is None:
        return None
    from workbench.session.schemas.feeds import RegistryFeed

    return RegistryFeed(connection.registry(), connection.log.cluster_id, "", None)
