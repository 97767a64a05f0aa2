"""Runs `Cluster.watch_lag` and `Cluster.record_lag`: samples lag repeatedly, shows it and stores it in a snapshot."""

from __future__ import annotations

import asyncio
import threading
from itertools import count
from typing import TYPE_CHECKING

from workbench.lag.history import write_rounds
from workbench.lag.sampler import LagSampler
from workbench.lag.watch import LagWatch
from workbench.model.selecting.window import parse_duration
from workbench.session import open_files
from workbench.session.opening import open_for_writing
from workbench.session.watching.replacing import shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import timedelta

    from workbench.lag import LagResult
    from workbench.model.lag import LagRound
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.snapshot import Snapshot
    from workbench.widgets import LagPanel

_numbers = count(1)


def watch_lag(
    connection: ClusterConnection,
    groups: str,
    *,
    topics: str,
    interval_s: float,
    record: str | os.PathLike[str] | Snapshot | None,
) -> LagPanel:
    """Start a task that samples lag, and return the panel that shows it; see `Cluster.watch_lag`."""
    from workbench.widgets import LagPanel

    name = f"lag of {groups} on {connection.name}"
    # Before the file is opened: the former watch may have it open.
    shown.end_former(name)
    recorder = None if record is None else _Recorder(record)
    watch = LagWatch(
        LagSampler(connection.log, groups=groups, topics=topics),
        name=name,
        interval_s=interval_s,
        record=recorder,
    )
    task = f"{name} ({next(_numbers)})"

    def end() -> None:
        connection.tasks.cancel(task)
        if recorder is not None:
            recorder.close()

    connection.tasks.spawn(task, _run(watch, recorder))
    panel = LagPanel(watch, supervisor=connection.tasks, end=end)
    shown.add(panel, name)
    return panel


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
    recorder = await asyncio.to_thread(_Recorder, into)
    watch = LagWatch(
        LagSampler(connection.log, groups=groups, topics=topics),
        name=f"recording of the lag of {groups}",
        interval_s=interval_s,
        record=recorder,
        on_note=progress,
    )
    await _run(watch, recorder, duration_s=duration_s)
    return watch.result


class _Recorder:
    """Stores samples in a snapshot; closes it if it opened it."""

    def __init__(self, into: str | os.PathLike[str] | Snapshot) -> None:
        self._snap, opened = open_for_writing(into)
        self._opened = opened
        if opened:
            # It is closed when the watch ends, so nobody else may take it up.
            open_files.forget(self._snap)
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, taken: LagRound) -> None:
        with self._lock:
            if not self._closed:
                write_rounds(self._snap.store, [taken])

    def close(self) -> None:
        """Close the file, after the sample that is being written."""
        with self._lock:
            if self._opened and not self._closed:
                self._snap.close()
            self._closed = True


async def _run(watch: LagWatch, recorder: _Recorder | None, *, duration_s: float | None = None) -> None:
    """Run a watch; a snapshot that was opened for it is closed afterwards."""
    try:
        await watch.run(duration_s=duration_s)
    finally:
        if recorder is not None:
            recorder.close()
