"""Rules about times, clocks, fan-out and repetition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import counted, duration_text, visible
from workbench.tracing.findings.causes import replayed_often
from workbench.tracing.findings.context import Evidence, NotChecked
from workbench.tracing.graph.arrays import Groups, numbered, paired, places_of
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.forests import same_kind_above
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.spread import spread_of
from workbench.tracing.graph.time_order import behind
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.order.follows import never_connected
from workbench.tracing.order.profile import LEAST_N, edges_above, longest_first, robust_limits
from workbench.tracing.paths.intervals import is_spans
from workbench.tracing.unfinished import broken_rules, outcome_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.tracing.findings.context import Context
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.typed_edges import Fans

_SECOND_US = 1_000_000
_SHOWN = 3
"""Topics and groups that a message names."""
STORM_EFFECTS, STORM_US = 10, 60 * _SECOND_US
PING_PONG = 5
BACK_US = _SECOND_US
_ENOUGH = 20
_FAR, _MAD_TO_DEVIATION, _LEAST_FAR = 6, 1.4826, 3


def negative_hop(context: Context) -> Evidence:
    """Find effects that are earlier than their cause by more than the resolution of the clock."""
    return Evidence.of_edges(context, context.edges.ends.earlier(context.graph.time, context.epsilon))


def negative_hop_corrected(context: Context) -> Evidence:
    """Find effects that stay earlier than their cause after clock correction."""
    offsets = context.offsets
    time = offsets.corrected if offsets.shift.any() else context.graph.time
    return Evidence.of_edges(context, context.edges.ends.earlier(time, context.epsilon))


def negative_hop_same_clock(context: Context) -> Evidence:
    """Find effects that are earlier than their cause by the very clock that stamped both."""
    clock, used = context.clock, context.graph.used_edges
    if not (clock >= 0).any():
        raise NotChecked("no clocks are known: events name no source")
    early = context.edges.ends.earlier(context.graph.time, 0)
    first, second = clock[used.cause[early]], clock[used.effect[early]]
    return Evidence.of_edges(context, early[(first >= 0) & (first == second)])


def clock_offset(context: Context) -> Evidence:
    """Find the edges that prove that two clocks differ."""
    offsets = context.offsets
    return Evidence.of_edges(context, offsets.proofs[offsets.bounds["proven"].to_numpy() & (offsets.proofs >= 0)])


def clock_contradiction(context: Context) -> Evidence:
    """Find the edges of clocks that cannot all be right."""
    edges = [edge for one in context.offsets.contradictions for edge in one.edges]
    return Evidence.of_edges(context, np.array(edges, dtype=np.int64))


def clock_drift(context: Context) -> Evidence:
    """Find pairs of clocks whose difference changed: their last events."""
    clocks = context.offsets.clocks["clock"].to_list()
    rows = context.offsets.drift[["first", "second"]].to_numpy().tolist()
    last = [[int(np.flatnonzero(context.clock == clocks.index(name))[-1]) for name in pair] for pair in rows]
    ends = np.array(last, dtype=np.int64).reshape(-1, 2)
    return Evidence(ends[:, 1], ends[:, 0])


def late_hop(context: Context) -> Evidence:
    """Find hops above the limit of their kind."""
    edges = context.edges
    limit = np.where(edges.spread.n >= LEAST_N, robust_limits(edges.spread), np.nan)
    late = longest_first(context.graph, edges_above(edges, limit))
    most = limit[edges.place[late]]
    return Evidence.of_edges(
        context,
        late,
        lambda: [
            f"{duration_text(one, 'us')}, at most {duration_text(least, 'us', smallest='us')}"
            for one, least in zip(edges.hops(late)[0].tolist(), most.tolist(), strict=True)
        ],
    )


def unfinished_flow(context: Context) -> Evidence:
    """Find events without an outcome that nearly all of their type have."""
    if not context.whole:
        raise NotChecked("in a selection effects are cut off; ask the whole snapshot")
    found = broken_rules(context.graph, context.end_us)
    nodes = np.concatenate([np.zeros(0, dtype=np.int32), *(nodes for _, nodes in found)])
    return Evidence(
        nodes, details=lambda: [f"without {outcome_text(rule.outcome)}" for rule, nodes in found for _ in nodes]
    )


def fan_out_outlier(context: Context) -> Evidence:
    """Find events with far more effects of one type than others of their type have."""
    edges = context.edges
    fans = edges.fans
    # Every limit below is 3 at least: counts begin at 1, and a median distance that is not 0 is a quarter or more.
    pairs = np.flatnonzero(_largest(fans) > _LEAST_FAR)
    own, entry = places_of(fans.starts, pairs)
    spread = spread_of(own, fans.n[entry], len(pairs))
    limit = np.where(spread.mad > 0, spread.median + _FAR * _MAD_TO_DEVIATION * spread.mad, _LEAST_FAR * spread.p99)
    limit[spread.n < _ENOUGH] = np.inf
    far = fans.n[entry] > limit[own]
    own, found = own[far], entry[far]
    found = found[np.lexsort((edges.pairs[1][pairs[own]], fans.cause[found]))]
    return Evidence(
        fans.cause[found],
        details=lambda: [f"{counted(count, 'effect')} of one type" for count in fans.n[found].tolist()],
    )


def _largest(fans: Fans) -> Ints:
    """Return the most effects that a cause has, by the pair of types."""
    largest: Ints = np.maximum.reduceat(fans.n, fans.starts[:-1]) if len(fans.n) else fans.n
    return largest


def retry_storm(context: Context) -> Evidence:
    """Find events with ten effects of one type within a minute, or with more than two replays."""
    used, kind, time = context.graph.used_edges, context.edges.kind, context.graph.time
    many = np.zeros(len(time), dtype=np.bool_)
    many[context.edges.fans.cause[context.edges.fans.n >= STORM_EFFECTS]] = True
    chosen = np.flatnonzero(taken(many, used.cause))
    chosen = chosen[time[used.effect[chosen]] != NO_TIME]
    cause, effect = used.cause[chosen], used.effect[chosen]
    order = np.lexsort((time[effect], kind[effect], cause))
    cause, effect = cause[order], effect[order]
    first, last = slice(None, -(STORM_EFFECTS - 1)), slice(STORM_EFFECTS - 1, None)
    together = (cause[first] == cause[last]) & (kind[effect[first]] == kind[effect[last]])
    quick = time[effect[last]] - time[effect[first]] <= STORM_US
    return Evidence(np.union1d(cause[first][together & quick], replayed_often(context)))


def ping_pong(context: Context) -> Evidence:
    """Find events whose type occurs at least five times on the path of binding causes that leads to them."""
    edges = context.edges
    above = same_kind_above(context.graph.structure.binding, edges.kind, len(edges.names))
    return Evidence(np.flatnonzero(above >= PING_PONG))


def time_back(context: Context) -> Evidence:
    """Find events that are more than a second earlier than an event at a smaller offset of their partition."""
    graph = context.graph
    if is_spans(graph):
        raise NotChecked("rows of a file of spans are in no order of time")
    first = int(np.searchsorted(graph.time, NO_TIME, "right"))
    lane, lanes = _lanes(graph, first)
    time, offset = graph.time[first:], graph.attributes.numbers("offset")[first:]
    back = np.flatnonzero(behind(lane, offset, time, lanes, BACK_US))
    if not len(back):
        return Evidence(back)
    # How far the records of the partitions concerned lie behind the latest before each.
    some = np.flatnonzero(np.isin(lane, lane[back]))
    some = some[np.lexsort((offset[some], lane[some]))]
    latest = Groups.of(np.searchsorted(np.unique(lane[back]), lane[some]), len(np.unique(lane[back])))
    step = 0
    for begin, end in zip(latest.starts[:-1].tolist(), latest.starts[1:].tolist(), strict=True):
        own = time[some[begin:end]]
        step = max(step, int((np.maximum.accumulate(own) - own).max()))
    back = back[np.lexsort((offset[back], lane[back]))]
    return Evidence(back + first, said=f"by {duration_text(step, 'us')} at most")


def _lanes(graph: CausalGraph, first: int) -> tuple[Ints, int]:
    """Number the partitions of the events from the first one with a time, in the order (source, partition)."""
    source, partition = (graph.attributes.numbers(name)[first:] for name in ("source_id", "partition"))
    width = int(partition.max(initial=0)) + 1
    found, lane = numbered(paired(source, partition, width), (int(source.max(initial=0)) + 1) * width)
    return lane, len(found)


def dead_end(context: Context) -> Evidence:
    """Find topics without any effect: their last events; of spans, producers without a consumer below."""
    graph = context.graph
    used = graph.used_edges
    if is_spans(graph):
        kind = graph.column("span_kind")
        producer, consumer = (flags(pc.equal(kind, name)) for name in ("producer", "consumer"))
        fed = np.zeros(len(graph), dtype=np.bool_)
        fed[used.cause[consumer[used.effect]]] = True
        return Evidence(np.flatnonzero(producer & ~fed))
    topics = graph.encoded("topic")
    acts = np.zeros(len(topics.dictionary), dtype=np.bool_)
    acts[taken(topics.codes, used.cause)] = True
    last = np.zeros(len(acts), dtype=np.int64)
    last[topics.codes] = np.arange(len(graph), dtype=np.int32)
    # A topic of one snapshot that is the only one there has no other that could react.
    quiet = np.flatnonzero(~acts) if acts.any() else np.zeros(0, dtype=np.int64)
    names = topics.dictionary.take(pa.array(quiet)).to_pylist()
    readers = [_readers(context.groups, name) for name in names]
    shown = "; ".join(f"{visible(name, 80)}: {text}" for name, text in zip(names[:_SHOWN], readers, strict=False))
    rest = len(names) - _SHOWN
    shown += f"; and {counted(rest, 'more topic')}" if rest > 0 else ""
    return Evidence(
        last[quiet],
        details=lambda: [f"no event of {name} has an effect; {by}" for name, by in zip(names, readers, strict=True)],
        said=shown if context.groups is not None else "the consumer groups are not known",
    )


def _readers(groups: Mapping[str, Sequence[str]] | None, topic: str) -> str:
    """Say which consumer groups read a topic."""
    if groups is None:
        return "the consumer groups are not known"
    if not (names := groups.get(topic, ())):
        return "no recorded group consumes it"
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"consumed by {', '.join(visible(name, 80) for name in names[:_SHOWN])}{more}"


def missing_instrumentation(context: Context) -> Evidence:
    """Find types that nearly always follow each other in time and never by a cause."""
    found = never_connected(context.graph)
    return Evidence(
        found["second_event"].to_numpy(np.int64),
        found["first_event"].to_numpy(np.int64),
        lambda: [f"{row.first} > {row.second} in {row.share:.0%} of the cases" for row in found.itertuples()],
    )
