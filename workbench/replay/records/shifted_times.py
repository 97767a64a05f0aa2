"""Shifts timestamps to the moment of a plan, with their distances kept or divided by the speed of the replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from workbench.replay.records.raw_rows import Longs


def shifted(times: Longs, start_ms: int, speed: Fraction | None) -> Longs:
    """Return ``start_ms + floor((t - first) / speed)`` of each timestamp; the first is the smallest one.

    Args:
        times: Timestamps, milliseconds; negative where there is none.
        start_ms: UTC milliseconds.
        speed: How many times as fast the replay is; None is the original speed.
    """
    known = times[times >= 0]
    if not len(known):
        return times
    distance = times - known.min()
    if speed is not None:
        # Integers all the way: a float loses milliseconds of long distances.
        distance = np.array([d * speed.denominator // speed.numerator for d in distance.tolist()], np.int64)
    moved: Longs = np.where(times < 0, times, start_ms + distance)
    return moved
