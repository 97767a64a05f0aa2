"""Runs a commit in a thread of its own, while the next rows are written."""

from __future__ import annotations

import contextvars
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class PendingCommit:
    """One commit at most is under way. Syncing 64 MiB to a disk takes about as long as encoding them.

    The error of a commit is raised by every later call: what follows rows that were not stored must not be stored.
    """

    def __init__(self) -> None:
        self._last: Future[None] | None = None

    def begin(self, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread, after the commit before has ended.

        Raises:
            WorkbenchError: That one failed; ``work`` is not run.
        """
        self.wait()
        thread = ThreadPoolExecutor(1, "segment-commit")
        self._last = thread.submit(contextvars.copy_context().run, work)
        thread.shutdown(wait=False)

    def wait(self) -> None:
        """Wait until nothing is under way.

        Raises:
            WorkbenchError: The last commit failed.
        """
        if self._last is not None:
            self._last.result()

    def end(self) -> None:
        """Wait without raising, and forget an error: for who drops everything that was not committed."""
        if self._last is not None:
            wait([self._last])
            self._last = None
