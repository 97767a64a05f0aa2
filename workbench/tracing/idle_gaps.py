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
    # As floats: times beyond the calendar are so far apart that their difference overflows.
    gaps = np.diff(times.astype(np.float64))
    if not len(gaps):
        return 0.0, np.zeros(0, dtype=np.int64)
    limit = max(_TIMES_THE_MEDIAN * float(np.median(gaps)), _SHARE_OF_ALL * float(gaps.sum()))
    return limit, np.flatnonzero(gaps > limit)
