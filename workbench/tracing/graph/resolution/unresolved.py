"""Gives each cause that does not resolve its reason, its virtual node, and the time within which it must lie.

The definitions are those of `docs/tracing.md` 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.causation import UnresolvedReason
from workbench.model.events.envelope import DAMAGED, RAW
from workbench.tracing.graph.arrays import different
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.ends import Ends
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.resolution.declared import CORRELATION_ID, EVENT_ID
from workbench.tracing.graph.resolution.ranges import refuse_other_ranges, uncaptured_starts
from workbench.tracing.graph.resolution.resolve import COMMAND, UNRESOLVED
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.edges import Edges
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.resolve import Resolution
    from workbench.tracing.graph.rows import Rows

REASONS: tuple[str, ...] = get_args(UnresolvedReason)
OUTSIDE, TRUNCATED, EXTERNAL, MISSING = range(len(REASONS))

_ENOUGH_HOPS = 20

Floats: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class HopBounds:
    """Longest time to expect between a cause and an event of each type, in microseconds: H."""

    by_type: Floats
    """By type code, NaN where there are not enough hops; the last one is the type of events without one."""
    other: float
    """For all other types; infinite when no hop is known at all."""

    def of(self, types: Ints) -> Floats:
        """H of each type."""
        known = self.by_type[types]
        return np.where(np.isnan(known), self.other, known)


@dataclass(frozen=True, slots=True)
class UnresolvedEntries:
    """Pairs (event, cause value) without an event behind the value."""

    place: Ints
    """Place among the declared causes."""
    reason: Codes
    """Index into `REASONS`."""
    bound: Floats
    """H of the event's type, microseconds."""
    unread: Ints
    """Raw or damaged records between ``t - H`` and ``t``: the cause may be one of them."""


@dataclass(frozen=True, slots=True)
class UnresolvedCauses:
    """The causes that do not resolve: entries, commands outside the bus, and virtual nodes for shared values."""

    entries: UnresolvedEntries
    commands: Ints
    """Nodes that an initiating command outside the bus caused."""
    virtual: Ints
    """Place among the declared causes of one that names each virtual node; virtual nodes are in the order of texts."""
    virtual_cause: Ints
    virtual_effect: Ints
    bound: float
    """H for types without enough hops of their own."""
    unread: int
    """Raw or damaged records of the snapshot."""


def find_unresolved(
    rows: Rows, nodes: Nodes, resolution: Resolution, ranges: pa.Table | None, *, single: bool
) -> UnresolvedCauses:
    """Give each cause that did not resolve its reason.

    Entries of initiating commands become ``COMMAND`` in the resolution's outcome.

    Args:
        rows: The records.
        nodes: Their nodes.
        resolution: What resolved.
        ranges: Table of `workbench.tracing.graph.resolution.ranges.RANGES`.
        single: Make a virtual node also of a value that one event names.
    """
    refuse_other_ranges(ranges)
    declared, outcome = resolution.declared, resolution.outcome
    unread = _unread(rows)
    unresolved = np.flatnonzero(outcome == UNRESOLVED)
    if not len(unresolved):
        other = hop_bounds(nodes, resolution.edges, np.zeros(len(nodes), dtype=np.int32), 1).other
        none = np.zeros(0, dtype=np.int64)
        entries = UnresolvedEntries(none, none.astype(np.int8), none.astype(np.float64), none)
        return UnresolvedCauses(entries, none, none, none, none, other, int(np.count_nonzero(unread)))
    commands = _commands(rows, nodes, resolution, unresolved)
    outcome[commands] = COMMAND
    _, shared = np.unique(declared.pick(unresolved).value, return_inverse=True)
    namers = _namers(declared.node[unresolved], shared)
    virtual = _virtual(resolution, unresolved, shared, namers >= (1 if single else 2))
    several = namers[shared[outcome[unresolved] == UNRESOLVED]] > 1
    entries, other = _explained(rows, nodes, resolution, several, capture=(ranges, unread))
    return UnresolvedCauses(
        entries=entries,
        commands=np.unique(declared.node[commands]),
        virtual=virtual[0],
        virtual_cause=virtual[1],
        virtual_effect=virtual[2],
        bound=other,
        unread=int(np.count_nonzero(unread)),
    )


def _explained(
    rows: Rows, nodes: Nodes, resolution: Resolution, several: Flags, *, capture: tuple[pa.Table | None, Flags]
) -> tuple[UnresolvedEntries, float]:
    """Say why each cause that no event answers to does not resolve; and return H of all hops."""
    ranges, unread = capture
    place = np.flatnonzero(resolution.outcome == UNRESOLVED)
    node = resolution.declared.node[place]
    types = rows.encoded("event_type")
    type_of = taken(types.codes, nodes.row)
    type_of[type_of < 0] = len(types.dictionary)
    bounds = hop_bounds(nodes, resolution.edges, type_of, len(types.dictionary) + 1)
    bound = bounds.of(type_of[node])
    start = _starts(rows, nodes, resolution.edges, type_of, uncaptured_starts(rows, ranges))(type_of[node])
    time = nodes.time[node]
    timed = (time != NO_TIME) & (start != NO_TIME)
    elapsed = np.where(timed, time, 0) - np.where(timed, start, 0)
    truncated = timed & (elapsed < bound)
    entries = UnresolvedEntries(
        place=place,
        reason=np.select([truncated, several], [TRUNCATED, EXTERNAL], default=MISSING).astype(np.int8),
        bound=bound,
        unread=_between(np.sort(rows.time[unread]), time, bound),
    )
    return entries, bounds.other


def _commands(rows: Rows, nodes: Nodes, resolution: Resolution, unresolved: Ints) -> Ints:
    """Find entries that are the only cause of their event, unresolved, and equal to its correlation id."""
    declared, outcome = resolution.declared, resolution.outcome
    resolved = np.zeros(len(nodes), dtype=np.bool_)
    resolved[declared.node[outcome < UNRESOLVED]] = True
    stands = declared.pick(unresolved)
    node, target = stands.node, stands.target
    _, place, standing = np.unique(node, return_inverse=True, return_counts=True)
    only = (standing[place] == 1) & ~resolved[node] & ((target == EVENT_ID) | (target == CORRELATION_ID))
    entries = unresolved[only & ~resolution.index.has_id(stands.value)]
    if not len(entries):
        return np.zeros(0, dtype=np.int64)
    correlation = rows.raw("correlation_id").take(pa.array(nodes.row[declared.node[entries]]))
    commands: Ints = entries[flags(pc.equal(declared.texts(entries), correlation.cast(pa.large_string())))]
    return commands


def _namers(node: Ints, value: Ints) -> Ints:
    """Count the events that name each value."""
    counts: Ints = np.bincount(different(value, node)[0])
    return counts


def _virtual(resolution: Resolution, entries: Ints, value: Ints, shared: Flags) -> tuple[Ints, Ints, Ints]:
    """Number the values that are shared in the order of their texts, and pair them with the events that name them."""
    chosen = shared[value]
    entries, value = entries[chosen], value[chosen]
    values, first, place = np.unique(value, return_index=True, return_inverse=True)
    order = pc.sort_indices(resolution.declared.texts(entries[first])).to_numpy().astype(np.int64)
    number = np.empty(len(values), dtype=np.int64)
    number[order] = np.arange(len(values))
    cause, effect = different(number[place.reshape(-1)], resolution.declared.node[entries])
    return entries[first][order], cause, effect


def hop_bounds(nodes: Nodes, edges: Edges, type_of: Ints, types: int) -> HopBounds:
    """Take p99 of the resolved hops into each type, and of all, with linear interpolation.

    Args:
        nodes: The events.
        edges: The edges between them; those that algorithms follow count.
        type_of: Code of each event's type.
        types: How many types there are.
    """
    place, used = taken(type_of, edges.effect), edges.used()
    if not used.all():
        place[~used] = -1
    starts, between = Ends(edges.cause, edges.effect, len(nodes)).hops_at(nodes.time, place, types)
    by_type = np.full(types, np.nan)
    for code in np.flatnonzero(np.diff(starts) >= _ENOUGH_HOPS).tolist():
        by_type[code] = _p99(between[starts[code] : starts[code + 1]])
    if len(between) >= _ENOUGH_HOPS:
        return HopBounds(by_type, _p99(between))
    return HopBounds(by_type, float(between.max()) if len(between) else np.inf)


def _p99(values: Ints) -> float:
    """Take the quantile with linear interpolation; the values change places."""
    place = 0.99 * (len(values) - 1)
    values.partition(int(place))
    least, above = values[int(place)], values[int(place) + 1 :]
    return float(least + (above.min() - least) * (place % 1)) if len(above) else float(least)


def _starts(rows: Rows, nodes: Nodes, edges: Edges, type_of: Ints, starts: Ints) -> Callable[[Ints], Ints]:
    """Find the latest uncaptured start among the topics that hold causes of a type, or of all if none is known."""
    latest = int(starts.max(initial=NO_TIME))
    if latest == NO_TIME:
        return lambda types: np.full(len(types), NO_TIME)
    used = edges.pick(edges.used())
    count = int(type_of.max()) + 1
    by_type, known = np.full(count, NO_TIME), np.zeros(count, dtype=np.bool_)
    known[type_of[used.effect]] = True
    np.maximum.at(by_type, type_of[used.effect], starts[rows.topic.codes[nodes.row[used.cause]]])
    return lambda types: np.where(known[types], by_type[types], latest)


def _unread(rows: Rows) -> Flags:
    """Mark records of which neither the value nor an envelope in the headers could be read."""
    if not rows.table.column("convention").null_count:
        return np.zeros(len(rows), dtype=np.bool_)
    unknown = pc.is_null(rows.column("convention"))
    without_value = pc.is_in(rows.column("format"), value_set=pa.array([RAW, DAMAGED], pa.large_string()))
    unread: Flags = pc.and_(unknown, without_value).to_numpy(zero_copy_only=False) & (rows.time != NO_TIME)
    return unread


def _between(times: Ints, until: Ints, bound: Floats) -> Ints:
    reach = np.where(np.isfinite(bound), bound, 2.0**62).astype(np.int64)
    known = until != NO_TIME
    upper = np.where(known, until, 0)
    counts = np.searchsorted(times, upper, "right") - np.searchsorted(times, upper - reach, "left")
    return np.where(known, np.maximum(counts, 0), 0)
