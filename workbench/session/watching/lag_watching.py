"""Runs `Cluster.watch_lag` and `Cluster.record_lag`: samples lag repeatedly, shows it and stores it in a snapshot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.lag.history import write_rounds
from workbench.lag.sampler import LagSampler
from workbench.lag.watch import LagWatch
from workbench.model.selecting.window import parse_duration
from workbench.session.snapshot import Snapshot, open_for_writing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import timedelta

    from workbench.lag import LagResult
    from workbench.model.lag import LagRound
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.widgets import LagPanel


def watch_lag(
    connection: ClusterConnection,
    groups: str,
    *,
    topics: str,
    interval_s: float,
    record: str | os.PathLike[str] | Snapshot | None,
) -> LagPanel:
    """Start a task that samples lag, and return the panel that shows it; see `Cluster.watch_lag`."""
    from workbench.lag.figure import lag_figure
    from workbench.widgets import LagPanel

    name = f"lag of {groups} on {connection.name}"
    # Checked before the file is opened: a second watch of that name would otherwise leave it open.
    connection.require_free(name)
    snap = None if record is None else open_for_writing(record)
    watch = LagWatch(
        LagSampler(connection.log, groups=groups, topics=topics),
        name=name,
        interval_s=interval_s,
        record=None if snap is None else _recorder(snap),
    )
    connection.spawn(name, _run(watch, None if snap is record else snap))
    return LagPanel(watch, figure=lag_figure, supervisor=connection.tasks)


async def record_lag(
    connection: ClusterConnection,
    into: str | os.PathLike[str] | Snapshot,
    groups: str,
    *,
    topics: str,
    interval_s: float,
    duration: str | timedelta | None,
    progress: Callable[[str], None] | None,
) -> LagResult:
    """Store samples in a snapshot until cancelled or for a duration; see `Cluster.record_lag`."""
    duration_s = None if duration is None else parse_duration(duration) / 1000
    snap = await asyncio.to_thread(open_for_writing, into)
    watch = LagWatch(
        LagSampler(connection.log, groups=groups, topics=topics),
        name=f"recording of the lag of {groups}",
        interval_s=interval_s,
        record=_recorder(snap),
        on_note=progress,
    )
    await _run(watch, None if snap is into else snap, duration_s=duration_s)
    return watch.result


def _recorder(snap: Snapshot) -> Callable[[LagRound], object]:
    return lambda taken: write_rounds(snap.store, [taken])


async def _run(watch: LagWatch, opened: Snapshot | None, *, duration_s: float | None = None) -> None:
    """Run a watch; a snapshot that was opened for it is closed afterwards."""
    try:
        await watch.run(duration_s=duration_s)
    finally:
        if opened is not None:
            opened.close()
