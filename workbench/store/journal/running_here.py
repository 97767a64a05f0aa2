"""The replays that this process runs.

Another journal over the same file must not take them for runs of a process that was killed.
"""

from __future__ import annotations

_running: set[str] = set()


def begins(run_id: str) -> None:
    """Note that a replay runs in this process."""
    _running.add(run_id)


def ends(run_id: str) -> None:
    """Note that it runs no more."""
    _running.discard(run_id)


def is_running_here(run_id: str) -> bool:
    """Tell whether this process runs a replay."""
    return run_id in _running
