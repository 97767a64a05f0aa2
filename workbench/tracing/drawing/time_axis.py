"""Time axis of a drawing: linear between idle gaps, which are folded to the same small width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.text import duration_text, time_text
from workbench.tracing.idle_gaps import idle_gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.drawing.layout import Floats
    from workbench.tracing.graph.arrays import Flags, Ints

FOLDED = 44.0
"""Width of a folded gap in pixels."""
_PIXELS_PER_NODE, _NARROWEST, _WIDEST = 18.0, 720.0, 3_600.0
_TICKS = 8


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
        # As floats: times beyond the calendar are so far apart that their difference overflows.
        gaps = np.diff(distinct.astype(np.float64))
        folded = np.zeros(len(gaps), dtype=np.bool_)
        folded[idle_gaps(distinct)[1]] = True
        busy = float(gaps[~folded].sum())
        room = min(max(marks * _PIXELS_PER_NODE, _NARROWEST), _WIDEST)
        steps = np.where(folded, FOLDED, gaps * (room / busy if busy else 0.0))
        return cls(distinct, np.concatenate([[0.0], np.cumsum(steps)])[: len(distinct)], folded)

    @property
    def width(self) -> float:
        return float(self.places[-1]) if len(self.places) else 0.0

    def place(self, times: Ints) -> Floats:
        """Pixels from the left of times that the axis was made from."""
        return self.places[np.searchsorted(self.times, times)]

    def folds(self) -> list[tuple[float, float, int]]:
        """Return where each folded gap begins and ends, and its length in microseconds."""
        return [
            (float(self.places[i]), float(self.places[i + 1]), int(self.times[i + 1]) - int(self.times[i]))
            for i in np.flatnonzero(self.folded).tolist()
        ]

    def ticks(self) -> list[tuple[float, int, int | None]]:
        """Evenly spread marks of the axis, and one for each folded gap."""
        if not len(self.times):
            return []
        wanted = np.searchsorted(self.places, np.linspace(0.0, self.width, _TICKS))
        plain = [(float(self.places[i]), int(self.times[i]), None) for i in np.unique(wanted).tolist()]
        folds = [
            (
                float(self.places[i] + self.places[i + 1]) / 2,
                int(self.times[i]),
                int(self.times[i + 1]) - int(self.times[i]),
            )
            for i in np.flatnonzero(self.folded).tolist()
        ]
        return sorted([*plain, *folds])


def tick_labels(ticks: Sequence[tuple[float, int, int | None]], *, folded: str = "idle") -> list[str]:
    """Write the first mark in full, others as the time since; a folded gap by its length.

    After a long gap the time since the beginning is the same for many marks: they get the time since the first of them.
    ``folded`` is the word for a gap.
    """
    labels: list[str] = []
    first: int | None = None
    base, base_text = 0, ""
    for _, time, gap in ticks:
        if gap is not None:
            labels.append(f"{folded} {duration_text(gap, 'us')}")
        elif first is None:
            first = time
            labels.append(time_text(time, "us"))
        elif (since := duration_text(time - first, "us", signed=True)) == base_text:
            labels.append(f"{since} {duration_text(time - base, 'us', signed=True)}")
        else:
            base, base_text = time, since
            labels.append(since)
    return labels
