"""Swimlane layout for many flows: time from left to right, one band for each topic or source, in CSS pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.drawing.layout import MARGIN, Drawing, Floats, Point
from workbench.tracing.drawing.time_axis import AxisTick, TimeAxis

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints

MARKER = 22.0
_TRACK, _LANE_GAP, _MOST_TRACKS = 28.0, 18.0, 40
_LANE_LABEL = 216.0
_NO_TIME_COLUMN = 60.0
_FIRST_TIME_PX = 190.0
"""Room for the first label of the axis, a time in full."""
AXIS_PX = 38.0
"""Height of the band above the lanes that has the times."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Bands of the swimlane drawing and its time axis."""

    tops: list[float]
    heights: list[float]
    ticks: list[AxisTick]


def swimlanes(
    time: Ints, timed: Flags, lane: Ints, cause: Ints, effect: Ints, *, every: Ints | None = None
) -> tuple[Drawing, Lanes]:
    """Place nodes by time in bands, with tracks inside a band where marks would overlap.

    Args:
        time: Microseconds; ignored where ``timed`` is False, such nodes stand in a column of their own at the left.
        timed: Whether the time is known.
        lane: Band of each node, from 0 at the top.
        cause: Cause of each edge.
        effect: Effect of each edge.
        every: Times of all events, folded ones too: time in which they happen is not idle.
    """
    drawn = time[timed]
    axis = TimeAxis.of(drawn if every is None else np.concatenate([drawn, every]), len(time))
    start = _LANE_LABEL + (0.0 if timed.all() else _NO_TIME_COLUMN)
    x = np.full(len(time), _LANE_LABEL + _NO_TIME_COLUMN / 2)
    x[timed] = start + axis.place(time[timed])
    y, tops, heights, top = np.zeros(len(time)), [], [], AXIS_PX + _LANE_GAP / 2
    for band in range(int(lane.max()) + 1 if len(lane) else 0):
        members = np.flatnonzero(lane == band)
        tracks = _tracks(x[members])
        y[members] = top + (tracks + 0.5) * _TRACK
        tops.append(top)
        heights.append((int(tracks.max(initial=0)) + 1) * _TRACK)
        top += heights[-1] + _LANE_GAP
    routes: list[tuple[Point, ...]] = [
        ((float(x[c]), float(y[c])), (float(x[e]), float(y[e])))
        for c, e in zip(cause.tolist(), effect.tolist(), strict=True)
    ]
    ticks = [tick._replace(x=start + tick.x) for tick in axis.ticks()]
    width = start + max(axis.width + 2 * MARGIN, _FIRST_TIME_PX)
    return Drawing(x, y, routes, width, top + MARGIN), Lanes(tops, heights, ticks)


def _tracks(x: Floats) -> Ints:
    """First free track of each mark, from left to right; the last one takes what is left."""
    track = np.zeros(len(x), dtype=np.int64)
    ends: list[float] = []
    for node in np.argsort(x, kind="stable").tolist():
        free = next((i for i, end in enumerate(ends) if end <= x[node]), len(ends))
        if free == len(ends) and free < _MOST_TRACKS:
            ends.append(0.0)
        free = min(free, _MOST_TRACKS - 1)
        ends[free] = x[node] + MARKER + 2
        track[node] = free
    return track
