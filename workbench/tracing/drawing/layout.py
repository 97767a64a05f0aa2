"""Positions for causal graphs: layers for one chain, lanes over time for many. Pure geometry, in CSS pixels.

The layering is fast-sugiyama's (Sugiyama, Tagawa and Toda 1981), which stands behind one function here; lanes are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from workbench.tracing.graph.arrays import longest_paths
from workbench.tracing.graph.cycles import find_cycles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Flags, Ints

    Floats: TypeAlias = NDArray[np.float64]

Point: TypeAlias = tuple[float, float]

NODE_WIDTH, NODE_HEIGHT = 168.0, 40.0
MARKER = 22.0
_COLUMN, _ROW, _MARGIN = 240.0, 56.0, 24.0
_LONELY_COLUMNS = 4
_SPACING = 72.0
"""Distance between neighbours in fast-sugiyama's own units."""

_DUMMY_BUDGET = 4_000
"""Bends of long edges that the layering may spend; the longest edges beyond it are drawn straight."""

_EDGE_BUDGET = 1_500

_TRACK, _LANE_GAP, _MOST_TRACKS = 28.0, 18.0, 40
_LANE_LABEL = 140.0
_FOLDED = 44.0
_PIXELS_PER_NODE, _NARROWEST, _WIDEST = 18.0, 720.0, 3_600.0
_TICKS = 8
_NO_TIME_COLUMN = 60.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where everything lies."""

    x: Floats
    y: Floats
    routes: list[tuple[Point, ...]]
    """One polyline for each edge, in the order given."""
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """Bands of the swimlane drawing and its time axis."""

    tops: list[float]
    heights: list[float]
    ticks: list[tuple[float, int, int | None]]
    """Position, time, and for a folded gap its length."""


def layered(count: int, cause: Ints, effect: Ints, breaks: Flags) -> Drawing:
    """Place causes left and effects right.

    Args:
        count: Number of nodes; components keep the order of their first node from top to bottom.
        cause: Cause of each edge.
        effect: Effect of each edge.
        breaks: Edges that close a cycle: routed around, never part of the layers. Cycles that remain are opened too.
    """
    x, y = np.zeros(count), np.zeros(count)
    forward = _forward(count, cause, effect, breaks)
    bends: dict[tuple[int, int], list[Point]] = {}
    top, columns = _MARGIN, _LONELY_COLUMNS
    for component in _components(_sugiyama(count, cause[forward], effect[forward])):
        for node, place in component.places.items():
            if node < count:
                x[node], y[node] = _cell(place, top)
        for ends, path in component.bends(count).items():
            bends[ends] = [_cell(place, top) for place in path]
        columns = max(columns, component.columns)
        top += component.rows * _ROW + NODE_HEIGHT + _ROW / 2
    touched = np.zeros(count, dtype=np.bool_)
    touched[cause[forward]] = touched[effect[forward]] = True
    for number, node in enumerate(np.flatnonzero(~touched).tolist()):
        x[node], y[node] = _cell((number % columns, number // columns), top)
    routes = [_route(x, y, ends, bends.get(ends, [])) for ends in zip(cause.tolist(), effect.tolist(), strict=True)]
    return Drawing(x, y, routes, *_extent(x, y, NODE_WIDTH, NODE_HEIGHT))


def _cell(place: Point, top: float) -> Point:
    return _MARGIN + NODE_WIDTH / 2 + place[0] * _COLUMN, top + NODE_HEIGHT / 2 + place[1] * _ROW


def _extent(x: Floats, y: Floats, width: float, height: float) -> tuple[float, float]:
    if not len(x):
        return 2 * _MARGIN, 2 * _MARGIN
    return float(x.max()) + width / 2 + _MARGIN, float(y.max()) + height / 2 + _MARGIN


def _forward(count: int, cause: Ints, effect: Ints, breaks: Flags) -> Ints:
    """Edges for the layers: each pair once, without cycles (the library ends the process on one), within budgets."""
    usable = np.flatnonzero(~breaks & (cause != effect))
    pairs = np.unique(cause[usable] * count + effect[usable], return_index=True)[1]
    edges = usable[pairs]
    depth = longest_paths(count, cause[edges], effect[edges])
    closing = find_cycles(cause[edges], effect[edges], depth, lambda picked: picked).breaks
    edges = edges[~closing]
    depth = longest_paths(count, cause[edges], effect[edges])
    bends = depth[effect[edges]] - depth[cause[edges]] - 1
    shortest = np.lexsort((edges, bends))
    affordable = np.cumsum(bends[shortest]) <= _DUMMY_BUDGET
    affordable &= (np.arange(len(shortest)) < _EDGE_BUDGET) | (bends[shortest] == 0)
    kept: Ints = np.sort(edges[shortest[affordable]])
    return kept


@dataclass(frozen=True, slots=True)
class _Component:
    places: dict[int, tuple[float, float]]
    """Layer and place across of each node, bends of long edges included."""
    following: dict[int, list[int]]

    @property
    def columns(self) -> int:
        return 1 + max(round(layer) for layer, _ in self.places.values())

    @property
    def rows(self) -> float:
        return max(across for _, across in self.places.values())

    def bends(self, count: int) -> dict[tuple[int, int], list[tuple[float, float]]]:
        """Bends of each edge that spans several layers; numbers from ``count`` are bends."""
        found = {}
        for node in self.places:
            if node >= count:
                continue
            for start in self.following.get(node, ()):
                path, head = [], start
                while head >= count:
                    path.append(self.places[head])
                    head = self.following[head][0]
                if path:
                    found[node, head] = path
        return found


def _sugiyama(count: int, cause: Ints, effect: Ints) -> list[tuple[dict[int, Point], list[tuple[int, int]]]]:
    """Layer an acyclic graph without repeated edges: the only call of the layout library.

    Returns:
        For each component the places and edges in the library's own units; what is no node of ours bends an edge and
        has a number from ``count``.
    """
    from fast_sugiyama import from_edges

    if not len(cause):
        return []
    nodes, compact = np.unique(np.concatenate([cause, effect]), return_inverse=True)
    ends = compact.reshape(2, -1).T.tolist()
    names: list[int] = nodes.tolist()

    def own(node: Any) -> int:
        return names[node] if node < len(names) else count + int(node)

    layouts = from_edges([(tail, head) for tail, head in ends], vertex_spacing=_SPACING)
    return [
        ({own(node): place for node, place in places}, [(own(tail), own(head)) for tail, head in edges or ()])
        for places, _, _, edges in layouts
    ]


def _components(layouts: list[tuple[dict[int, Point], list[tuple[int, int]]]]) -> list[_Component]:
    components = []
    for places, edges in layouts:
        left = min(across for across, _ in places.values())
        first = max(layer for _, layer in places.values())
        following: dict[int, list[int]] = {}
        for tail, head in edges:
            following.setdefault(tail, []).append(head)
        scaled = {n: ((first - layer) / _SPACING, (across - left) / _SPACING) for n, (across, layer) in places.items()}
        components.append(_Component(scaled, following))
    return sorted(components, key=lambda component: min(component.places))


def _route(x: Floats, y: Floats, ends: tuple[int, int], bends: list[Point]) -> tuple[Point, ...]:
    (x0, y0), (x1, y1) = ((float(x[end]), float(y[end])) for end in ends)
    if x1 > x0:
        return (x0 + NODE_WIDTH / 2, y0), *bends, (x1 - NODE_WIDTH / 2, y1)
    over = min(y0, y1) - NODE_HEIGHT
    return (x0, y0 - NODE_HEIGHT / 2), ((x0 + x1) / 2, over), (x1, y1 - NODE_HEIGHT / 2)


def swimlanes(time: Ints, timed: Flags, lane: Ints, cause: Ints, effect: Ints) -> tuple[Drawing, Lanes]:
    """Place nodes by time in bands, with tracks inside a band where marks would overlap.

    Args:
        time: Microseconds; ignored where ``timed`` is False, such nodes stand in a column of their own at the left.
        timed: Whether the time is known.
        lane: Band of each node, from 0 at the top.
        cause: Cause of each edge.
        effect: Effect of each edge.
    """
    axis = TimeAxis.of(time[timed], len(time))
    start = _LANE_LABEL + (0.0 if timed.all() else _NO_TIME_COLUMN)
    x = np.full(len(time), _LANE_LABEL + _NO_TIME_COLUMN / 2)
    x[timed] = start + axis.place(time[timed])
    y, tops, heights, top = np.zeros(len(time)), [], [], _MARGIN
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
    ticks = [(start + place, at, gap) for place, at, gap in axis.ticks()]
    return Drawing(x, y, routes, start + axis.width + 2 * _MARGIN, top + _MARGIN), Lanes(tops, heights, ticks)


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
