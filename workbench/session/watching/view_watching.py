"""Runs `ClusterTransforms.watch`: asks for the state and the log of a view again and again, and shows them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from workbench.session.watching.replacing import shown
from workbench.transforms.views.watch import ViewWatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.transforms.views.state import ViewLine, ViewStatus
    from workbench.widgets import ViewPanel

_numbers = count(1)


def watch_view(
    connection: ClusterConnection,
    view_name: str,
    ask: Callable[[], Awaitable[tuple[ViewStatus, Sequence[ViewLine]]]],
    interval_s: float,
) -> ViewPanel:
    """Start a task that asks, and return the panel that shows the answers; it replaces that of the same cell."""
    from workbench.widgets import ViewPanel

    name = f"view {view_name} on {connection.name}"
    shown.end_former(name)
    watch = ViewWatch(view_name, ask, interval_s)
    task = f"{name} ({next(_numbers)})"
    connection.tasks.spawn(task, watch.run())
    panel = ViewPanel(watch, supervisor=connection.tasks, end=lambda: connection.tasks.cancel(task))
    shown.add(panel, name)
    return panel
