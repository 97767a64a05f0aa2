"""Limits of a run in records and bytes a second: computes when a record may be sent.

Source: the generic cell rate algorithm, ITU-T I.371, virtual scheduling form. With increment ``cost / rate`` and
tolerance ``burst / rate``:
``send_at = max(now, tat + increment - tolerance)``, then ``tat = max(tat, send_at) + increment``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

BURST_S = 0.1
"""Default burst: what the rate allows in this time."""


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
    """Both limits of a run. A run that fell behind never exceeds the rate to catch up."""

    def __init__(self, records_per_s: Fraction | None, bytes_per_s: Fraction | None) -> None:
        self._records = None if records_per_s is None else Limit(float(records_per_s), _record_burst(records_per_s))
        self._bytes = None if bytes_per_s is None else Limit(float(bytes_per_s), float(bytes_per_s) * BURST_S)

    @property
    def unlimited(self) -> bool:
        """Whether nothing ever waits."""
        return self._records is None and self._bytes is None

    def take(self, size_bytes: int, now: float) -> float:
        """Reserve one record and return when it may be sent."""
        costs = [(limit, cost) for limit, cost in ((self._records, 1), (self._bytes, size_bytes)) if limit is not None]
        send_at = max((limit.due(cost, now) for limit, cost in costs), default=now)
        for limit, cost in costs:
            limit.spend(cost, send_at)
        return send_at


def _record_burst(rate: Fraction) -> float:
    return max(1.0, float(rate) * BURST_S)
