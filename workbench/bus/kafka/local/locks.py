"""Locks a file between processes; the operating system releases the lock when its holder ends, also by a crash."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of this file; wait until it is free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        # The file stays: were it removed, two processes could hold locks on two files of the same name.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
