"""Shares one limit of memory among all live tables of this process."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_BYTES = 512 << 20


class Holder(Protocol):
    """Holds rows in memory and can drop the oldest ones."""

    @property
    def held_bytes(self) -> int:
        """Bytes held now."""
        ...

    def trim(self, limit_bytes: int) -> None:
        """Drop the oldest rows until no more than this is held; the newest batch stays."""
        ...


class MemoryBudget:
    """One limit for several holders. A holder that needs less than its share leaves the rest to the others.

    Args:
        limit_bytes: Bytes that all holders together may hold.
    """

    def __init__(self, limit_bytes: int = DEFAULT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        # Weak: a table that nobody refers to any more needs no memory.
        self._holders: weakref.WeakSet[Holder] = weakref.WeakSet()
        self._lock = threading.Lock()

    def join(self, holder: Holder) -> None:
        """Count this holder from now on."""
        with self._lock:
            self._holders.add(holder)

    def leave(self, holder: Holder) -> None:
        """Count this holder no more."""
        with self._lock:
            self._holders.discard(holder)

    def limit(self, limit_bytes: int) -> None:
        """Set the limit from now on."""
        self.limit_bytes = limit_bytes
        self.settle()

    def settle(self) -> None:
        """Trim the holders that hold more than their share, if all together hold too much."""
        with self._lock:
            holders = list(self._holders)
            sizes = [holder.held_bytes for holder in holders]
            if sum(sizes) <= self.limit_bytes:
                return
            level = fair_level(sizes, self.limit_bytes)
            for holder, size in zip(holders, sizes, strict=True):
                if size > level:
                    holder.trim(level)


def fair_level(sizes: Sequence[int], limit: int) -> int:
    """Return the largest size for which the sum of ``min(size, level)`` stays within the limit."""
    remaining = limit
    for index, size in enumerate(sorted(sizes)):
        share = remaining // (len(sizes) - index)
        if size > share:
            return share
        remaining -= size
    return max(sizes, default=0)


shared = MemoryBudget()
"""The budget of the live tables of this process."""
