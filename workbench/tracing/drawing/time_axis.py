"""Time axis of a drawing: linear between idle gaps, which are folded to the same small width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.drawing.layout import Floats
    from workbench.tracing.graph.arrays import Flags, Ints

_FOLDED = 44.0
_PIXELS_PER_NODE, _NARROWEST, _WIDEST = 18.0, 720.0, 3_600.0
_TICKS = 8


def idle_gaps(times: Sequence[int] | Ints) -> tuple[float, list[int]]:
    """Find the gaps between neighbouring times that a drawing folds.

    Returns:
        The limit, ``max(10 * median gap, 5 % of the total)``, and the index of each gap above it.
    """
    gaps = np.diff(np.asarray(times, dtype=np.int64))
    if not len(gaps):
        return 0.0, []
    limit = max(10 * float(np.median(gaps)), 0.05 * float(gaps.sum()))
    return limit, np.flatnonzero(np.greater(gaps, limit)).tolist()


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Time to pixels: linear between the idle gaps, each of which takes the same small room."""

    times: Ints
    """Distinct times, ascending."""
    places: Floats
    folded: Flags
    """One flag for each gap between neighbours."""

    @classmethod
    def of(cls, times: Ints, marks: int) -> TimeAxis:
        """Make an axis wide enough for the number of marks."""
        distinct = np.unique(times)
        gaps = np.diff(distinct)
        folded = np.zeros(len(gaps), dtype=np.bool_)
        folded[idle_gaps(distinct)[1]] = True
        busy = float(gaps[~folded].sum())
        room = min(max(marks * _PIXELS_PER_NODE, _NARROWEST), _WIDEST)
        steps = np.where(folded, _FOLDED, gaps * (room / busy if busy else 0.0))
        return cls(distinct, np.concatenate([[0.0], np.cumsum(steps)])[: len(distinct)], folded)

    @property
    def width(self) -> float:
        return float(self.places[-1]) if len(self.places) else 0.0

    def place(self, times: Ints) -> Floats:
        """Pixels from the left of times that the axis was made from."""
        return self.places[np.searchsorted(self.times, times)]

    def ticks(self) -> list[tuple[float, int, int | None]]:
        """Evenly spread marks of the axis, and one for each folded gap."""
        if not len(self.times):
            return []
        wanted = np.searchsorted(self.places, np.linspace(0.0, self.width, _TICKS))
        plain = [(float(self.places[i]), int(self.times[i]), None) for i in np.unique(wanted).tolist()]
        folds = [
            (float(self.places[i] + self.places[i + 1]) / 2, int(self.times[i]), int(self.times[i + 1] - self.times[i]))
            for i in np.flatnonzero(self.folded).tolist()
        ]
        return sorted([*plain, *folds])
