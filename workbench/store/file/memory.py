"""Chooses how much memory DuckDB may use, and in how many threads, by the memory of the machine.

A thread that reads a Parquet page holds it packed, unpacked and as a vector: about six times the largest value. With
768 MiB each, values of 60 MB can still be queried and packed.
"""

from __future__ import annotations

import os
from pathlib import Path

_LEAST = 1 << 30
_MOST = 6 << 30
_SHARE = 4
_PER_THREAD = 768 << 20
_MOST_THREADS = 8
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_limit_bytes() -> int:
    """Return a quarter of the memory of this machine or container: at least 1 GiB, at most 6 GiB."""
    return min(max(_available() // _SHARE, _LEAST), _MOST)


def threads_for(limit_bytes: int) -> int:
    """Return as many threads as there are processors, as long as each has memory for large values."""
    return max(1, min(_MOST_THREADS, os.cpu_count() or 1, limit_bytes // _PER_THREAD))


def _available() -> int:
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return _LEAST * _SHARE
    try:
        return min(physical, int(_CONTAINER_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):
        # No container, or one without a limit ("max").
        return physical
