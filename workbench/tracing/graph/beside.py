"""Work that does not need each other, side by side: compiled loops and Arrow's kernels let another thread run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

Item = TypeVar("Item")
Result = TypeVar("Result")

LEAST_ROWS = 50_000
"""Rows from which another thread is worth its start."""


class Beside:
    """A thread beside this one; for few rows there is none, and work is done when it is given.

    Args:
        rows: How many rows the work looks at.
    """

    def __init__(self, rows: int) -> None:
        self._thread = ThreadPoolExecutor(1, "beside") if rows >= LEAST_ROWS else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def start(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Start some work after what was started before; what is returned waits for its result."""
        if self._thread is not None:
            return self._thread.submit(work).result
        result = work()
        return lambda: result

    def share(self, items: Sequence[Item], work: Callable[[Item], None]) -> None:
        """Do some work for each item, in this thread and in the other: each takes the next item that is left."""
        left = iter(items)

        def take() -> None:
            for item in left:
                work(item)

        other = self.start(take)
        take()
        other()
