"""Difference constraints between clocks: the strongest one of each pair, with the edge that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.tallies import count_codes, number_pairs
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.ends import Ends

BROKER = "broker"
"""The one clock of all records that carry the time at which the broker appended them."""


@dataclass(frozen=True, slots=True)
class ClockedEdges:
    """The used edges of a graph by the clocks of their ends; clocks have numbers in the order of their names."""

    names: tuple[str, ...]
    clock: Ints
    """Number of the clock of each event, -1 where none is known."""
    weight: Ints
    """Events of each clock."""
    first: Ints
    """Clock of the cause, for each pair of different clocks that occurs."""
    second: Ints
    place: Ints
    """Number of the pair of each edge; -1 for one clock at both ends, or an unknown one."""
    ends: Ends
    time: Ints
    """Microseconds of each event."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """For each ordered pair of clocks (a, b): ``o(b) - o(a)`` is at least ``bound``."""

    first: Ints
    second: Ints
    bound: Ints
    witness: Ints
    """Number of the edge."""


def clocks_of(graph: CausalGraph) -> tuple[tuple[str, ...], Ints]:
    """Return the names of the clocks, sorted, and the number of each event's clock, -1 where none is known."""
    encoded = graph.encoded("source")
    names: list[str] = encoded.dictionary.to_pylist()
    by_broker = graph.marked("broker_time")
    everything = sorted({*names, *([BROKER] if by_broker.any() else [])})
    place = {name: number for number, name in enumerate(everything)}
    numbers = np.array([*(place[name] for name in names), -1], dtype=np.int32)
    clock = taken(numbers, encoded.codes)
    clock[by_broker] = place.get(BROKER, -1)
    clock[: np.searchsorted(graph.time, NO_TIME, "right")] = -1
    return tuple(everything), clock


def clocked_edges(graph: CausalGraph) -> ClockedEdges:
    """Number the pairs of different clocks at the ends of the used edges."""
    names, clock = clocks_of(graph)
    used = graph.used_edges
    pairs, place = number_pairs(clock, used.cause, used.effect, max(len(names), 1), apart=True)
    weight = count_codes(clock, len(names))
    ends = pairs // max(len(names), 1), pairs % max(len(names), 1)
    return ClockedEdges(names, clock, weight, *ends, place, graph.typed_edges.ends, graph.time)


def constraints_of(edges: ClockedEdges, epsilon_us: int, begin: int = 0, end: int | None = None) -> Constraints:
    """Keep the strongest constraint of each ordered pair; of equal ones the first edge is the witness.

    Args:
        edges: All edges.
        epsilon_us: Resolution of the timestamps.
        begin: The first edge to take.
        end: The edge before which to stop.
    """
    end = len(edges.ends) if end is None else end
    least, first = edges.ends.least_hops(edges.time, edges.place, len(edges.first), begin, end)
    some = np.flatnonzero(first >= 0)
    return Constraints(edges.first[some], edges.second[some], -least[some] - epsilon_us, first[some])


def heaviest_paths(constraints: Constraints, count: int) -> NDArray[np.float64]:
    """Return D(a, b), the heaviest path from a to b, by Floyd and Warshall; minus infinity without one."""
    heaviest = np.full((count, count), -np.inf)
    np.fill_diagonal(heaviest, 0)
    np.maximum.at(heaviest, (constraints.first, constraints.second), constraints.bound.astype(np.float64))
    for through in range(count):
        np.maximum(heaviest, heaviest[:, through, None] + heaviest[through], out=heaviest)
    return heaviest


def positive_cycle(constraints: Constraints, count: int) -> tuple[list[int], list[int]] | None:
    """Find clocks that cannot all be right: a cycle of constraints whose sum is positive (Bellman and Ford).

    Returns:
        The clocks in the direction of the edges, from the smallest, and the constraint from each to the next; None if
        all constraints can be kept.
    """
    offset = np.zeros(count, dtype=np.int64)
    came = np.full(count, -1, dtype=np.int64)
    settled = -1
    for _ in range(count + 1):
        reached = offset[constraints.first] + constraints.bound
        better = np.flatnonzero(reached > offset[constraints.second])
        if not len(better):
            return None
        order = better[np.lexsort((better, reached[better]))]
        offset[constraints.second[order]] = reached[order]
        came[constraints.second[order]] = order
        settled = int(constraints.second[order[-1]])
    node = settled
    for _ in range(count):
        node = int(constraints.first[came[node]])
    cycle, steps = [node], [int(came[node])]
    while (before := int(constraints.first[came[cycle[-1]]])) != node:
        cycle.append(before)
        steps.append(int(came[before]))
    cycle, steps = cycle[::-1], steps[::-1]
    return _from_the_smallest(cycle, steps)


def _from_the_smallest(cycle: list[int], steps: list[int]) -> tuple[list[int], list[int]]:
    """Rotate a cycle; ``steps[i]`` is the constraint that leads to ``cycle[i]``."""
    least = cycle.index(min(cycle))
    cycle = cycle[least:] + cycle[:least]
    steps = steps[least + 1 :] + steps[: least + 1]
    return cycle, steps
