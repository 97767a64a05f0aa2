"""Gives each cause that does not resolve its reason, its virtual node, and the time within which it must lie.

The definitions are those of `docs/tracing.md` 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.causation import UnresolvedReason
from workbench.model.events.envelope import DAMAGED, RAW
from workbench.tracing.graph.resolution.declared import CORRELATION_ID, EVENT_ID
from workbench.tracing.graph.resolution.ranges import uncaptured_starts
from workbench.tracing.graph.resolution.resolve import COMMAND, UNRESOLVED
from workbench.tracing.graph.times import NO_TIME, hops

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Flags, Ints
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

    by_type: pd.Series[float]
    """By type code, where there are enough hops; -1 is the type of events without one."""
    other: float
    """For all other types; infinite when no hop is known at all."""

    def of(self, types: Ints) -> Floats:
        """H of each type."""
        place = self.by_type.index.get_indexer(pd.Index(types))
        bounds: Floats = np.append(self.by_type.to_numpy(np.float64), self.other)[place]
        return bounds


@dataclass(frozen=True, slots=True)
class UnresolvedEntries:
    """Pairs (event, cause value) without an event behind the value."""

    node: Ints
    value: Ints
    """Code among the declared values."""
    target: Ints
    rank: Ints
    via: Ints
    reason: Ints
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
    virtual_values: Ints
    """Code of the value of each virtual node, in the order of their texts."""
    virtual_cause: Ints
    virtual_effect: Ints
    bounds: HopBounds
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
    declared, outcome = resolution.declared, resolution.outcome
    outcome[_commands(rows, nodes, resolution)] = COMMAND
    entries = np.flatnonzero(np.isin(outcome, (UNRESOLVED, COMMAND)))
    namers = _namers(declared.node[entries], declared.value[entries], len(declared.texts.dictionary))
    virtual_values, virtual = _virtual(resolution, entries, namers >= (1 if single else 2))
    types = rows.column("event_type").dictionary_encode().indices.fill_null(-1)
    type_of = types.to_numpy(zero_copy_only=False).astype(np.int64)[nodes.row]
    bounds = hop_bounds(nodes, resolution.edges, type_of)
    open_ = entries[outcome[entries] == UNRESOLVED]
    node = declared.node[open_]
    bound = bounds.of(type_of[node])
    start = _starts(rows, nodes, resolution.edges, type_of, uncaptured_starts(rows, ranges))(type_of[node])
    time = nodes.time[node]
    timed = (time != NO_TIME) & (start != NO_TIME)
    elapsed = np.where(timed, time, 0) - np.where(timed, start, 0)
    truncated = timed & (elapsed < bound)
    unread = _unread(rows)
    return UnresolvedCauses(
        entries=UnresolvedEntries(
            node=node,
            value=declared.value[open_],
            target=declared.target[open_],
            rank=declared.rank[open_],
            via=declared.via[open_],
            reason=np.select([truncated, namers[declared.value[open_]] > 1], [TRUNCATED, EXTERNAL], default=MISSING),
            bound=bound,
            unread=_between(np.sort(rows.time[unread]), time, bound),
        ),
        commands=np.unique(declared.node[outcome == COMMAND]),
        virtual_values=virtual_values,
        virtual_cause=virtual[0],
        virtual_effect=virtual[1],
        bounds=bounds,
        unread=int(unread.sum()),
    )


def _commands(rows: Rows, nodes: Nodes, resolution: Resolution) -> Ints:
    """Find entries that are the only cause of their event, unresolved, and equal to its correlation id."""
    declared, outcome = resolution.declared, resolution.outcome
    standing = np.bincount(declared.node[outcome == UNRESOLVED], minlength=len(nodes))
    resolved = np.bincount(declared.node[outcome < UNRESOLVED], minlength=len(nodes))
    node = declared.node
    only = (outcome == UNRESOLVED) & (standing[node] == 1) & (resolved[node] == 0)
    entries = np.flatnonzero(only & np.isin(declared.target, (EVENT_ID, CORRELATION_ID)))
    texts = declared.texts.dictionary.take(pa.array(declared.value[entries]))
    correlation = rows.column("correlation_id").take(pa.array(nodes.row[node[entries]]))
    equal = pc.equal(texts, correlation).fill_null(False).to_numpy(zero_copy_only=False)
    commands: Ints = entries[equal & (resolution.index.named(texts) == 0)]
    return commands


def _namers(node: Ints, value: Ints, count: int) -> Ints:
    """Count the events that name each value."""
    pairs = np.unique(np.stack([value, node]), axis=1)
    return np.bincount(pairs[0], minlength=count)


def _virtual(resolution: Resolution, entries: Ints, shared: Flags) -> tuple[Ints, tuple[Ints, Ints]]:
    declared = resolution.declared
    entries = entries[shared[declared.value[entries]]]
    values = np.unique(declared.value[entries])
    ordered = values[pc.sort_indices(declared.texts.dictionary.take(pa.array(values))).to_numpy().astype(np.int64)]
    number = np.full(len(shared), -1, dtype=np.int64)
    number[ordered] = np.arange(len(ordered))
    pairs = np.unique(np.stack([number[declared.value[entries]], declared.node[entries]]), axis=1)
    return ordered, (pairs[0], pairs[1])


def hop_bounds(nodes: Nodes, edges: Edges, type_of: Ints) -> HopBounds:
    """Take p99 of the resolved hops into each type, with linear interpolation."""
    used = edges.pick(edges.used())
    between, known = hops(nodes.time, used.cause, used.effect)
    lengths = pd.Series(between[known], dtype=np.int64)
    types = pd.Series(type_of[used.effect[known]])
    enough = types.map(types.value_counts()) >= _ENOUGH_HOPS
    by_type = lengths[enough].groupby(types[enough]).quantile(0.99).astype(np.float64)
    if len(lengths) >= _ENOUGH_HOPS:
        return HopBounds(by_type, float(lengths.quantile(0.99)))
    return HopBounds(by_type, float(lengths.max()) if len(lengths) else np.inf)


def _starts(rows: Rows, nodes: Nodes, edges: Edges, type_of: Ints, starts: pd.Series[int]) -> Callable[[Ints], Ints]:
    """Find the latest uncaptured start among the topics that hold causes of a type, or of all if none is known."""
    used = edges.pick(edges.used())
    pairs = pd.DataFrame({"type": type_of[used.effect], "topic": rows.topic.codes[nodes.row[used.cause]]})
    pairs = pairs.drop_duplicates()
    begun = pairs.merge(starts.rename("start"), left_on="topic", right_index=True)
    by_type = begun.groupby("type")["start"].max()
    latest = int(starts.max()) if len(starts) else NO_TIME

    def start_of(types: Ints) -> Ints:
        place = by_type.index.get_indexer(pd.Index(types))
        found = np.append(by_type.to_numpy(np.int64), NO_TIME)[place]
        known: Ints = np.where(np.isin(types, pairs["type"]), found, latest)
        return known

    return start_of


def _unread(rows: Rows) -> Flags:
    """Mark records of which neither the value nor an envelope in the headers could be read."""
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
