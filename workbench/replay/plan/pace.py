"""Pace of a run: original distances divided by a speed, and limits in records and bytes a second.

Source: the generic cell rate algorithm, ITU-T I.371, virtual scheduling form. With increment ``cost / rate`` and
tolerance ``burst / rate``:
``send_at = max(now, tat + increment - tolerance)``, then ``tat = max(tat, send_at) + increment``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from workbench.replay.options import Options
    from workbench.replay.records.raw_rows import Longs

BURST_S = 0.1
"""Default burst: what the rate allows in this time."""
_RAMP = 10
"""How many times as much each record counts at the beginning of a run that has a ramp."""


@dataclass(slots=True)
class Limit:
    """One rate, in units (records or bytes) a second. Seconds count from any fixed moment."""

    rate: float
    burst: float
    arrival: float = 0.0
    """Theoretical arrival time of the next cell."""

    def due(self, cost: float, now: float) -> float:
        """Return the earliest time at which this cost may be sent; may be ``now``."""
        return max(now, self.arrival + (cost - self.burst) / self.rate)

    def spend(self, cost: float, send_at: float) -> None:
        """Count a cost as sent at this time."""
        self.arrival = max(self.arrival, send_at) + cost / self.rate


class Pace:
    """Both limits of a run. A run that fell behind never exceeds the rate to catch up.

    Args:
        records_per_s: Records a second; None for no limit.
        bytes_per_s: Bytes a second; None for no limit.
        ramp_s: Seconds from the first record on in which a tenth of that is sent.
    """

    def __init__(self, records_per_s: Fraction | None, bytes_per_s: Fraction | None, ramp_s: int | None = None) -> None:
        self._ramp_s = ramp_s or 0
        self._ramp_ends: float | None = None
        self._records = None if records_per_s is None else Limit(float(records_per_s), _record_burst(records_per_s))
        self._bytes = None if bytes_per_s is None else Limit(float(bytes_per_s), float(bytes_per_s) * BURST_S)

    @property
    def unlimited(self) -> bool:
        """Whether nothing ever waits."""
        return self._records is None and self._bytes is None

    def take(self, size_bytes: int, now: float) -> float:
        """Reserve one record and return when it may be sent."""
        if self._ramp_ends is None:
            self._ramp_ends = now + self._ramp_s
        times = _RAMP if now < self._ramp_ends else 1
        both = ((self._records, times), (self._bytes, times * size_bytes))
        costs = [(limit, cost) for limit, cost in both if limit is not None]
        send_at = max((limit.due(cost, now) for limit, cost in costs), default=now)
        for limit, cost in costs:
            limit.spend(cost, send_at)
        return send_at


def _record_burst(rate: Fraction) -> float:
    return max(1.0, float(rate) * BURST_S)


def original_pace(times: Longs, speed: Fraction, max_gap_ms: int | None = None) -> NDArray[np.float64]:
    """Return when each record is due, in milliseconds after the first: its original distance divided by ``speed``.

    Distances count on the running maximum of the timestamps, so that a record out of order never waits backwards. A
    record without a timestamp is due with the one before it.

    Args:
        times: Timestamps of the records in the order of sending, milliseconds; negative where there is none.
        speed: How many times faster.
        max_gap_ms: Longest distance between two records.
    """
    if not len(times):
        return np.empty(0, np.float64)
    known = times[times >= 0]
    highest = np.maximum.accumulate(np.where(times < 0, known[0] if len(known) else 0, times))
    gaps = np.diff(highest, prepend=highest[0]) * speed.denominator / speed.numerator
    due: NDArray[np.float64] = np.cumsum(gaps if max_gap_ms is None else np.minimum(gaps, max_gap_ms))
    return due


def planned_due(sizes: Longs, times: Longs, options: Options) -> NDArray[np.float64] | None:
    """Return when each record is due at the planned pace and rates, in seconds, ascending; None when nothing waits.

    Args:
        sizes: Bytes of each record, in the order of sending.
        times: Their timestamps, milliseconds.
        options: Pace and rates.
    """
    pace = Pace(options.records_per_s, options.bytes_per_s, options.ramp_s)
    if options.speed is None:
        if pace.unlimited:
            return None
        due = np.zeros(len(sizes), np.float64)
    else:
        due = original_pace(times, options.speed, options.max_gap_ms) / 1000
    if not pace.unlimited:
        now = 0.0
        for row, size in enumerate(sizes.tolist()):
            now = due[row] = pace.take(size, max(now, float(due[row])))
    return due
