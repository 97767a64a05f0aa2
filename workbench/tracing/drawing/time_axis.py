"""Time axis of a drawing: linear between idle gaps, which are folded to the same small width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.text import duration_text, time_text
from workbench.tracing.idle_gaps import idle_gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.drawing.layout import Floats
    from workbench.tracing.graph.arrays import Flags, Ints

FOLDED = 44.0
"""Width of a folded gap in pixels, unless the label of the next one begins before its own ends."""
TICK_PX = 6.2
"""Width of a character of the labels on average."""
_BETWEEN_PX = 12.0
_PIXELS_PER_NODE, _NARROWEST, _WIDEST = 18.0, 720.0, 3_600.0
_TICKS = 8


class AxisTick(NamedTuple):
    """A mark of an axis."""

    x: float
    """Its place, the middle of a folded gap."""
    time: int
    idle_us: int | None = None
    """How long a folded gap is, None for a mark of a time."""
    width: float = 0.0
    """Of a folded gap in pixels."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Time to pixels: linear between the idle gaps, each of which takes the room of its label at most."""

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
        _make_room(steps, np.flatnonzero(folded), gaps)
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

    def ticks(self) -> list[AxisTick]:
        """Evenly spread marks of the axis, and one for each folded gap."""
        if not len(self.times):
            return []
        wanted = np.searchsorted(self.places, np.linspace(0.0, self.width, _TICKS))
        plain = [AxisTick(float(self.places[i]), int(self.times[i])) for i in np.unique(wanted).tolist()]
        folds = [
            AxisTick((start + end) / 2, int(self.times[i]), length, end - start)
            for i, (start, end, length) in zip(np.flatnonzero(self.folded).tolist(), self.folds(), strict=True)
        ]
        return sorted([*plain, *folds], key=lambda tick: (tick.x, tick.time))


def _make_room(steps: Floats, folds: Ints, gaps: Floats) -> None:
    """Widen the folded gaps whose label would run into that of the next one."""
    starts = np.concatenate([[0.0], np.cumsum(steps)])[folds]
    labels = [len(f"folded {duration_text(gap, 'us')}") * TICK_PX + _BETWEEN_PX for gap in gaps[folds[:-1]].tolist()]
    steps[folds[:-1]] += np.maximum(np.array(labels, dtype=np.float64) - np.diff(starts), 0.0)


def tick_labels(ticks: Sequence[AxisTick], *, folded: str = "idle") -> list[str]:
    """Write the first mark in full, others as the time since; a folded gap by its length.

    After a long gap the time since the beginning is the same for many marks: they get the time since the first of them.
    ``folded`` is the word for a gap.
    """
    labels: list[str] = []
    first: int | None = None
    base, base_text = 0, ""
    for _, time, gap, _ in ticks:
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
