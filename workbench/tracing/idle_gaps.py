"""Gaps in which nothing happens, which views fold to a labelled break (`docs/tracing.md` 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints

_TIMES_THE_MEDIAN = 10
_SHARE_OF_ALL = 0.05


def idle_gaps(times: Ints) -> tuple[float, Ints]:
    """Find gaps between neighbouring times above ten median gaps and above a twentieth of the total.

    Args:
        times: Times in ascending order.

    Returns:
        The limit, and for each gap above it the index of the time before it.
    """
    gaps = np.diff(times)
    if not len(gaps):
        return 0.0, np.zeros(0, dtype=np.int64)
    limit = max(_TIMES_THE_MEDIAN * float(np.median(gaps)), _SHARE_OF_ALL * float(times[-1] - times[0]))
    return limit, np.flatnonzero(gaps > limit)
