"""Times of events: integer microseconds since 1970 UTC, with one value for a time that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.ends import Ends

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints

NO_TIME = np.iinfo(np.int64).min
"""Time of an event that has none: such events come first in every order, and win no comparison by time."""
_LOOKED_AT = 1 << 16
"""Times that are looked at in one go."""


def hops(time: Ints, cause: Ints, effect: Ints) -> tuple[Ints, Flags]:
    """Subtract the time of each cause from the time of its effect.

    Args:
        time: Microseconds of each event, `NO_TIME` where unknown.
        cause: Number of the cause of each edge.
        effect: Number of the effect of each edge.

    Returns:
        Microseconds, 0 where a time is unknown; and whether both times are known.
    """
    return Ends(cause, effect, len(time)).hops(time)


def resolution_us(time: Ints) -> int:
    """Return the resolution of times: 1,000 where all are whole milliseconds, a million for seconds, else 0."""
    known = time[time != NO_TIME] if (time == NO_TIME).any() else time
    return next((step for step in (1_000_000, 1_000) if len(known) and _are_multiples(known, step)), 0)


def _are_multiples(numbers: Ints, step: int) -> bool:
    """Tell whether all numbers are multiples of a step; mostly one of the first is not."""
    parts = (numbers[begin : begin + _LOOKED_AT] for begin in range(0, len(numbers), _LOOKED_AT))
    return not any((part % step).any() for part in parts)
