"""Knows the snapshots that this process has open for writing, so that a cell that runs again uses the same one."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from workbench.session.snapshot import Snapshot

_open: weakref.WeakValueDictionary[Path, Snapshot] = weakref.WeakValueDictionary()


def remember(snap: Snapshot) -> None:
    """Note that a snapshot was opened for writing."""
    _open[snap.path.resolve()] = snap


def forget(snap: Snapshot) -> None:
    """Note that it was closed, or that its owner closes it and nobody else may use it."""
    if _open.get(snap.path.resolve()) is snap:
        del _open[snap.path.resolve()]


def find(path: str | os.PathLike[str]) -> Snapshot | None:
    """Return the snapshot of this file, or None."""
    return _open.get(Path(path).resolve())
