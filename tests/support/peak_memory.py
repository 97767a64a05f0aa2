"""The most memory that this process has had at once."""

from __future__ import annotations

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_rss_mib() -> int:
    """Return the peak of the resident memory of this process, in MiB.

    ``getrusage`` would count that of the process that started this one as well: Linux keeps its peak across ``exec``.
    """
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (line,) = (line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
