"""Chooses Arrow's memory pool while captures run, and what else allocates the same again and again."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

_POOL_VARIABLE = "ARROW_DEFAULT_MEMORY_POOL"
_JEMALLOC = "jemalloc"
KEPT_MS = 1_000
"""How long jemalloc keeps pages that were freed, as Arrow sets it."""


class _RunningCaptures:
    """Counts the captures of this process, and keeps the pool that was the default before the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._before: pa.MemoryPool | None = None

    def begin(self, kept_ms: int) -> None:
        with self._lock:
            pa.jemalloc_set_decay_ms(kept_ms)
            self._count += 1
            # Captures may overlap: the first switches the pool, and the last switches it back.
            if self._count == 1:
                self._before = pa.default_memory_pool()
                # What was freed before is not used again until the end; planning a replay leaves 100 MB.
                self._before.release_unused()
                pa.set_memory_pool(pa.jemalloc_memory_pool())

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0:
                # jemalloc keeps freed pages; without this the process would stay at the peak of its last capture.
                pa.default_memory_pool().release_unused()
                pa.set_memory_pool(self._before)
                pa.jemalloc_set_decay_ms(KEPT_MS)


_running = _RunningCaptures()


@contextlib.contextmanager
def steady_allocation(kept_ms: int = KEPT_MS) -> Iterator[None]:
    """Make jemalloc Arrow's default pool, where Arrow has it, while a capture runs.

    Arrow's usual pool returns pages to the system at once, and a capture asks for as many again in the next moment:
    6 % more CPU and 50 MB more at the peak (a million records). Each buffer is freed by the pool that allocated it, so
    other users of Arrow are not affected. A pool that the user chose by ``ARROW_DEFAULT_MEMORY_POOL`` stays.

    Where Arrow was loaded after `workbench`, its compiled code has jemalloc anyway; nothing can change that later.

    Args:
        kept_ms: How long pages that were freed are kept for the next buffers; of several at once the last one decides.
    """
    if os.environ.get(_POOL_VARIABLE, _JEMALLOC) != _JEMALLOC or _JEMALLOC not in pa.supported_memory_backends():
        yield
        return
    _running.begin(kept_ms)
    try:
        yield
    finally:
        _running.end()
