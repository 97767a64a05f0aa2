"""Clock offsets of a graph: bounds for each pair of clocks, estimates, contradictions and drift."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from workbench.errors import ConfigurationError, UnknownEventError
from workbench.text import UNKNOWN, counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, type_text
from workbench.tracing.choices import check_choice
from workbench.tracing.clocks.constraints import (
    ClockedEdges,
    Constraints,
    clocked_edges,
    constraints_of,
    heaviest_paths,
    positive_cycle,
)
from workbench.tracing.clocks.estimates import least_offsets, midpoint_offsets
from workbench.tracing.graph.arrays import components
from workbench.tracing.graph.times import NO_TIME, resolution_us

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

Estimate: TypeAlias = Literal["least", "midpoint"]

_LONGEST_US = 2**62

CLOCK_LIMIT = 1_000
"""Clocks of one connected component: the table of pairs grows with their square, the time with their cube."""


@dataclass(frozen=True, eq=False)
class Contradiction:
    """Clocks that exclude each other: one was stepped, one name covers several clocks, or a cause is wrong."""

    clocks: tuple[str, ...]
    """In the direction of the edges; the first one is repeated at the end."""
    excess_us: int
    witnesses: tuple[tuple[str, str], ...]
    """Cause and effect of the edge behind each step."""
    edges: tuple[int, ...]
    """Numbers of these edges among the used ones of the graph."""


@dataclass(frozen=True, eq=False, slots=True)
class ClockedEvents:
    """One entry for each event."""

    time: Ints
    """Microseconds, raw."""
    clock: Ints
    """Row of its clock in `ClockOffsets.clocks`, -1 where none is known."""


@dataclass(frozen=True, eq=False, repr=False)
class ClockOffsets(Answer):
    """What is known about the clocks of the producers. Only differences exist; raw times stay as they are."""

    clocks: pd.DataFrame
    """clock, events, component, offset_us (to be added to its times; NA in a contradiction)."""
    bounds: pd.DataFrame
    """first, second, low_us, high_us: ``offset(second) - offset(first)`` lies between; NaN where unbounded. ``proven``:
    the interval does not hold 0. cause and effect are the edge that proves it."""
    contradictions: tuple[Contradiction, ...]
    drift: pd.DataFrame
    """first, second, and the disjoint bounds of the first and the second half of the time."""
    proofs: Ints
    """For each row of ``bounds`` the number of the used edge that proves it, -1 for none."""
    shift: Ints
    """What is added to the times of each clock, in microseconds; the last one is 0, for events without a clock."""
    method: Estimate
    events: ClockedEvents

    @cached_property
    def corrected(self) -> Ints:
        """Times of all events in microseconds with the offsets added; raw where there is none."""
        time = self.events.time
        known = time != NO_TIME
        moved: Ints = np.where(known, np.where(known, time, 0) + self.shift[self.events.clock], NO_TIME)
        return moved

    @property
    def frame(self) -> pd.DataFrame:
        """The same as ``bounds``."""
        return self.bounds

    @property
    def feasible(self) -> bool:
        """Whether all constraints can be kept."""
        return not self.contradictions

    def text(self) -> str:
        """Write which clocks are proven wrong, by how much, and what contradicts itself."""
        proven = self.bounds[self.bounds["proven"]]
        lines = [f"clocks: {counted(len(self.clocks), 'clock')}, {counted(len(proven), 'difference')} proven"]
        lines += [f"  contradiction: {_contradiction_text(one)}" for one in self.contradictions]
        for row in proven.head(SHOWN).to_dict("records"):
            lines.append(
                f"  {type_text(row['second'])} - {type_text(row['first'])}: {_bound(row['low_us'])} to "
                f"{_bound(row['high_us'])}"
            )
        moved = self.clocks[self.clocks["offset_us"].fillna(0) != 0].head(SHOWN)
        lines += [
            f"  {self.method} correction: {type_text(row['clock'])} {micros_text(row['offset_us'], signed=True)} "
            f"({counted(int(row['events']), 'event')})"
            for row in moved.to_dict("records")
        ]
        lines += [
            f"  drift: {type_text(row['first'])}, {type_text(row['second'])}" for row in self.drift.to_dict("records")
        ]
        return "\n".join([*lines, *rest_text(len(proven), "difference")])


def _bound(value: float) -> str:
    return UNKNOWN if pd.isna(value) else micros_text(value, signed=True)


def _contradiction_text(one: Contradiction) -> str:
    steps = ", ".join(f"{key_text(cause)} → {key_text(effect)}" for cause, effect in one.witnesses[:3])
    return f"{' → '.join(map(type_text, one.clocks))}, excess {micros_text(one.excess_us)} ({steps})"


def clock_offsets(
    graph: CausalGraph,
    *,
    method: Estimate = "least",
    reference: str | None = None,
    epsilon_us: int | None = None,
    edges: ClockedEdges | None = None,
) -> ClockOffsets:
    """Derive clock offsets from causes that must precede their effects.

    Args:
        graph: A graph; the source of an event names its clock, append times have the one clock of the broker.
        method: ``least`` corrects as few events as possible; ``midpoint`` assumes equal delays both ways.
        reference: A clock that counts as right.
        epsilon_us: Resolution of the timestamps; by default a millisecond where all times are whole ones, else 0.
        edges: What `clocked_edges` returns, for those who have it already.

    Raises:
        UnknownEventError: There is no clock of this name.
        ConfigurationError: There is no such method, or ``epsilon_us`` is no length of time.
    """
    check_choice("method", method, get_args(Estimate))
    if epsilon_us is not None and not (isinstance(epsilon_us, int) and 0 <= epsilon_us < _LONGEST_US):
        raise ConfigurationError(f"epsilon_us={epsilon_us!r} is no resolution of times. Give microseconds, 0 or more.")
    edges = clocked_edges(graph) if edges is None else edges
    if reference is not None and reference not in edges.names:
        names = ", ".join(map(type_text, edges.names[:10])) or "none"
        raise UnknownEventError(f"There is no clock {type_text(reference)}; known are {names}.", wanted=reference)
    epsilon = resolution_us(graph.time) if epsilon_us is None else epsilon_us
    solved = _solve(edges, epsilon)
    chosen = None if reference is None else edges.names.index(reference)
    offsets: dict[int, float | None] = {}
    for component in solved.components:
        if component.contradiction is not None:
            continue
        if method == "least":
            offsets |= least_offsets(component.constraints, edges.weight, component.members, chosen)
        else:
            offsets |= midpoint_offsets(solved.heaviest(component), edges.weight, component.members, chosen)
    table = _clock_frame(edges, solved, offsets)
    halves = [_solve(edges, epsilon, begin, end) for begin, end in _halves(graph, edges)]
    bounds, proofs = _bound_frame(graph, edges, solved)
    return ClockOffsets(
        clocks=table,
        bounds=bounds,
        contradictions=tuple(_contradiction(graph, edges, one) for one in solved.components if one.contradiction),
        drift=_drift(edges.names, *halves) if len(halves) > 1 else _drift_frame([]),
        proofs=proofs,
        shift=np.array([*(round(offsets.get(n) or 0) for n in range(len(edges.names))), 0], dtype=np.int64),
        method=method,
        events=ClockedEvents(graph.time, edges.clock),
    )


@dataclass(frozen=True, slots=True)
class _Component:
    members: list[int]
    constraints: Constraints
    contradiction: tuple[list[int], list[int]] | None


@dataclass(frozen=True, slots=True)
class _Solved:
    components: list[_Component]
    count: int

    def heaviest(self, component: _Component) -> NDArray[np.float64]:
        """Return D of the clocks of a component, in a table of all clocks."""
        place = np.full(self.count, -1, dtype=np.int64)
        place[component.members] = np.arange(len(component.members))
        own = component.constraints
        small = heaviest_paths(
            Constraints(place[own.first], place[own.second], own.bound, own.witness), len(component.members)
        )
        whole = np.full((self.count, self.count), -np.inf)
        whole[np.ix_(component.members, component.members)] = small
        return whole


def _solve(edges: ClockedEdges, epsilon_us: int, begin: int = 0, end: int | None = None) -> _Solved:
    constraints = constraints_of(edges, epsilon_us, begin, end)
    count = len(edges.names)
    label = components(count, constraints.first, constraints.second)
    found = []
    for one in np.unique(label).tolist():
        members = np.flatnonzero(label == one).tolist()
        inside = label[constraints.first] == one
        own = Constraints(*(getattr(constraints, name)[inside] for name in ("first", "second", "bound", "witness")))
        found.append(_Component(members, own, positive_cycle(own, count) if len(members) > 1 else None))
    return _Solved(found, count)


def _clock_frame(edges: ClockedEdges, solved: _Solved, offsets: dict[int, float | None]) -> pd.DataFrame:
    component = np.zeros(len(edges.names), dtype=np.int64)
    for number, one in enumerate(solved.components):
        component[one.members] = number
    known = [offsets.get(number) for number in range(len(edges.names))]
    return pd.DataFrame(
        {
            "clock": pd.Series(list(edges.names), dtype="str"),
            "events": edges.weight,
            "component": component,
            "offset_us": pd.Series(known, dtype="Float64"),
        },
    )


def _bound_frame(graph: CausalGraph, edges: ClockedEdges, solved: _Solved) -> tuple[pd.DataFrame, Ints]:
    rows = []
    for component in solved.components:
        if component.contradiction is not None or not 1 < len(component.members) <= CLOCK_LIMIT:
            continue
        heaviest = solved.heaviest(component)
        witness = {
            (int(a), int(b)): int(w)
            for a, b, w in zip(
                component.constraints.first, component.constraints.second, component.constraints.witness, strict=True
            )
        }
        for place, first in enumerate(component.members):
            for second in component.members[place + 1 :]:
                low, high = heaviest[first, second], -heaviest[second, first]
                if np.isfinite(low) or np.isfinite(high):
                    proof = witness.get((first, second) if low > 0 else (second, first))
                    rows.append((edges.names[first], edges.names[second], low, high, low > 0 or high < 0, proof))
    columns = ["first", "second", "low_us", "high_us", "proven", "witness"]
    frame = pd.DataFrame(rows, columns=columns).replace([np.inf, -np.inf], np.nan)
    proofs = frame.pop("witness").fillna(-1).to_numpy(np.int64)
    ends = [None if one < 0 else _ends(graph, one) for one in proofs.tolist()]
    frame["cause"] = [None if one is None else one[0] for one in ends]
    frame["effect"] = [None if one is None else one[1] for one in ends]
    return frame.astype({"low_us": "float64", "high_us": "float64", "proven": "bool"}), proofs


def _ends(graph: CausalGraph, edge: int) -> tuple[str, str]:
    cause, effect = graph.keys(np.array([graph.used_edges.cause[edge], graph.used_edges.effect[edge]]))
    return cause, effect


def _contradiction(graph: CausalGraph, edges: ClockedEdges, component: _Component) -> Contradiction:
    cycle, steps = component.contradiction or ([], [])
    own = component.constraints
    return Contradiction(
        tuple(edges.names[one] for one in [*cycle, cycle[0]]),
        int(own.bound[steps].sum()),
        tuple(_ends(graph, int(own.witness[step])) for step in steps),
        tuple(own.witness[steps].tolist()),
    )


def _halves(graph: CausalGraph, edges: ClockedEdges) -> list[tuple[int, int | None]]:
    """Cut the edges into those of the first and of the second half of the time: they come in the order of effects."""
    between, effect = edges.place >= 0, graph.used_edges.effect
    if np.count_nonzero(between) < 2:  # noqa: PLR2004 - one edge has no halves
        return []
    first, last = graph.time[effect[[np.argmax(between), len(between) - 1 - np.argmax(between[::-1])]]].tolist()
    later = np.searchsorted(graph.time, (first + last) // 2, "right")
    split = int(np.searchsorted(effect, later))
    return [(0, split), (split, None)]


def _drift(names: tuple[str, ...], before: _Solved, after: _Solved) -> pd.DataFrame:
    """Find pairs of clocks whose bounds in the two halves exclude each other."""
    tables = []
    for solved in (before, after):
        whole = np.full((len(names), len(names)), -np.inf)
        for component in solved.components:
            if component.contradiction is None and 1 < len(component.members) <= CLOCK_LIMIT:
                np.maximum(whole, solved.heaviest(component), out=whole)
        tables.append(whole)
    rows = []
    for first, second in np.argwhere(np.triu(np.ones((len(names), len(names)), dtype=bool), 1)).tolist():
        (low_1, high_1), (low_2, high_2) = ((one[first, second], -one[second, first]) for one in tables)
        if low_1 > high_2 or low_2 > high_1:
            rows.append((names[first], names[second], low_1, high_1, low_2, high_2))
    return _drift_frame(rows)


def _drift_frame(rows: list[tuple[str, str, float, float, float, float]]) -> pd.DataFrame:
    columns = ["first", "second", "low_before_us", "high_before_us", "low_after_us", "high_after_us"]
    return pd.DataFrame(rows, columns=columns).replace([np.inf, -np.inf], np.nan)
