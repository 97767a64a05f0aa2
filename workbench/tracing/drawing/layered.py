"""Layered layout for one chain of causes: causes left, effects right. Pure geometry, in CSS pixels.

The layering is that of fast-sugiyama (Sugiyama, Tagawa and Toda 1981), which one function here calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.tracing.drawing.layout import MARGIN, Drawing, Floats, Point
from workbench.tracing.graph.arrays import components, longest_paths, paired
from workbench.tracing.graph.cycles import find_cycles

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints

NODE_WIDTH, NODE_HEIGHT = 168.0, 40.0
CELL = (240.0, 56.0)
_SINGLE_COLUMNS = 4
"""Columns of the block of marks without lines, unless the layers above are wider."""

_SPACING = 72.0
"""Distance between neighbours in fast-sugiyama's own units."""

_BEND_BUDGET = 4_000
"""Bends of long edges that the layering may spend; the longest edges beyond it are drawn straight."""

_EDGE_BUDGET = 1_500


def layered(count: int, cause: Ints, effect: Ints, breaks: Flags, *, cell: Point = CELL) -> Drawing:
    """Place causes left and effects right.

    Args:
        count: Number of nodes; components keep the order of their first node from top to bottom.
        cause: Cause of each edge.
        effect: Effect of each edge.
        breaks: Edges that close a cycle: routed around, never part of the layers. Cycles that remain are opened too.
        cell: Distances of layers and of nodes above each other; the texts of lines need room between them.
    """
    x, y = np.zeros(count), np.zeros(count)
    forward = _forward(count, cause, effect, breaks)
    bends: dict[tuple[int, int], list[Point]] = {}
    top, columns = MARGIN, _SINGLE_COLUMNS
    for component in _components(_sugiyama(count, cause[forward], effect[forward])):
        for node, place in component.places.items():
            if node < count:
                x[node], y[node] = _cell(place, top, cell)
        for ends, path in component.bends(count).items():
            bends[ends] = [_cell(place, top, cell) for place in path]
        columns = max(columns, component.columns)
        top += component.rows * cell[1] + NODE_HEIGHT + cell[1] / 2
    touched = np.zeros(count, dtype=np.bool_)
    touched[cause[forward]] = touched[effect[forward]] = True
    for number, node in enumerate(np.flatnonzero(~touched).tolist()):
        x[node], y[node] = _cell((number % columns, number // columns), top, cell)
    routes = [_route(x, y, ends, bends.get(ends, [])) for ends in zip(cause.tolist(), effect.tolist(), strict=True)]
    return Drawing(x, y, routes, *_extent(x, y, NODE_WIDTH, NODE_HEIGHT))


def _cell(place: Point, top: float, cell: Point) -> Point:
    return MARGIN + NODE_WIDTH / 2 + place[0] * cell[0], top + NODE_HEIGHT / 2 + place[1] * cell[1]


def _extent(x: Floats, y: Floats, width: float, height: float) -> tuple[float, float]:
    if not len(x):
        return 2 * MARGIN, 2 * MARGIN
    return float(x.max()) + width / 2 + MARGIN, float(y.max()) + height / 2 + MARGIN


def _forward(count: int, cause: Ints, effect: Ints, breaks: Flags) -> Ints:
    """Edges for the layers: each pair once, without cycles (the library ends the process on one), within budgets."""
    usable = np.flatnonzero(~breaks & (cause != effect))
    pairs = np.unique(paired(cause[usable], effect[usable], count), return_index=True)[1]
    edges = usable[pairs]
    depth = longest_paths(count, cause[edges], effect[edges])
    closing = find_cycles(cause[edges], effect[edges], depth, lambda picked: picked).breaks
    edges = edges[~closing]
    depth = longest_paths(count, cause[edges], effect[edges])
    bends = depth[effect[edges]] - depth[cause[edges]] - 1
    shortest = np.lexsort((edges, bends))
    affordable = np.cumsum(bends[shortest]) <= _BEND_BUDGET
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
    if not len(cause):
        return []
    # One call for each component: the library numbers the bends of a component from its number of nodes, which would
    # be the number of a node in another component.
    part = components(count, cause, effect)[cause]
    return [
        layout for one in np.unique(part) for layout in _one_component(count, cause[part == one], effect[part == one])
    ]


def _one_component(count: int, cause: Ints, effect: Ints) -> list[tuple[dict[int, Point], list[tuple[int, int]]]]:
    from fast_sugiyama import from_edges

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
        # Level through each layer between: what rises or falls there would cross the nodes above and below.
        level = [(x + side * NODE_WIDTH / 2, y) for x, y in bends for side in (-1, 1)]
        return (x0 + NODE_WIDTH / 2, y0), *level, (x1 - NODE_WIDTH / 2, y1)
    over = min(y0, y1) - NODE_HEIGHT
    return (x0, y0 - NODE_HEIGHT / 2), ((x0 + x1) / 2, over), (x1, y1 - NODE_HEIGHT / 2)
