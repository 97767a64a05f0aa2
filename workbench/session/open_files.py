"""Knows the files that this process has open for writing, so that a cell that runs again uses the same one."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import os


class OpenFile(Protocol):
    """What is open, such as a `workbench.session.snapshot.Snapshot`; it has a path."""

    @property
    def path(self) -> Path: ...


# Weak: what nobody refers to any more is not open.
_open: weakref.WeakValueDictionary[Path, Any] = weakref.WeakValueDictionary()


def remember(file: OpenFile) -> None:
    """Note that a file was opened for writing."""
    _open[file.path.resolve()] = file


def forget(file: OpenFile) -> None:
    """Note that it was closed, or that its owner closes it and nobody else may use it."""
    if _open.get(file.path.resolve()) is file:
        del _open[file.path.resolve()]


def find(path: str | os.PathLike[str]) -> Any | None:
    """Return what is open under this path, whichever way it is written, or None."""
    return _open.get(Path(path).resolve())
