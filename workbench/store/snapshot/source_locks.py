"""Lets only one capture at a time write a source of a snapshot."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from workbench.errors import SnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class SourceLocks:
    """Holds the sources that captures of this process write; other processes are kept out by the file lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._held: set[int] = set()

    @contextlib.contextmanager
    def hold(self, topics: Mapping[int, str]) -> Iterator[None]:
        """Lock sources, given as topic names by ``source_id``, all of them or none.

        Raises:
            SnapshotError: One is being captured already.
        """
        with self._lock:
            taken = topics.keys() & self._held
            if taken:
                names = ", ".join(sorted(topics[number] for number in taken))
                raise SnapshotError(
                    f"A capture of {names} into {self._path} is under way already. Wait for its end, or cancel it.",
                    path=str(self._path),
                )
            self._held |= topics.keys()
        try:
            yield
        finally:
            with self._lock:
                self._held -= topics.keys()
