"""Rules about times, clocks, fan-out and repetition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import counted, duration_text
from workbench.tracing.findings.causes import replayed_often
from workbench.tracing.findings.context import Evidence, NotChecked
from workbench.tracing.graph.arrays import numbered, paired
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.tallies import same_kind_above
from workbench.tracing.graph.times import NO_TIME, hops
from workbench.tracing.order.follows import never_connected
from workbench.tracing.order.profile import timing_profile
from workbench.tracing.paths.intervals import is_spans
from workbench.tracing.type_map import grouped_quantiles
from workbench.tracing.unfinished import unfinished

if TYPE_CHECKING:
    from workbench.tracing.findings.context import Context
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

_SECOND_US = 1_000_000
STORM_EFFECTS, STORM_US = 10, 60 * _SECOND_US
PING_PONG = 5
BACK_US = _SECOND_US
_ENOUGH = 20
_FAR, _MAD_TO_DEVIATION = 6, 1.4826


def negative_hop(context: Context) -> Evidence:
    """Find effects that are earlier than their cause by more than the resolution of the clock."""
    return Evidence.of_edges(context, context.hop < -context.epsilon)


def negative_hop_corrected(context: Context) -> Evidence:
    """Find effects that stay earlier than their cause after clock correction."""
    used = context.graph.used_edges
    hop, _ = hops(context.offsets.corrected, used.cause, used.effect)
    return Evidence.of_edges(context, hop < -context.epsilon)


def negative_hop_same_clock(context: Context) -> Evidence:
    """Find effects that are earlier than their cause by the very clock that stamped both."""
    clock, used = context.clock, context.graph.used_edges
    if not (clock >= 0).any():
        raise NotChecked("no clocks are known: events name no source")
    same = (clock[used.cause] >= 0) & (clock[used.cause] == clock[used.effect])
    return Evidence.of_edges(context, same & (context.hop < 0))


def clock_offset(context: Context) -> Evidence:
    """Find the edges that prove that two clocks differ."""
    proven = context.offsets.bounds[context.offsets.bounds["proven"]]
    return _edges_by_key(context.graph, proven)


def clock_contradiction(context: Context) -> Evidence:
    """Find the edges of clocks that cannot all be right."""
    pairs = [pair for one in context.offsets.contradictions for pair in one.witnesses]
    return _edges_by_key(context.graph, pd.DataFrame(pairs, columns=["cause", "effect"]))


def clock_drift(context: Context) -> Evidence:
    """Find pairs of clocks whose difference changed: their last events."""
    clocks = context.offsets.clocks["clock"].to_list()
    rows = context.offsets.drift[["first", "second"]].to_numpy().tolist()
    last = [[int(np.flatnonzero(context.clock == clocks.index(name))[-1]) for name in pair] for pair in rows]
    ends = np.array(last, dtype=np.int64).reshape(-1, 2)
    return Evidence(ends[:, 1], ends[:, 0])


def _edges_by_key(graph: CausalGraph, frame: pd.DataFrame) -> Evidence:
    frame = frame.dropna(subset=["cause", "effect"])
    return Evidence(_nodes(graph, frame["effect"]), _nodes(graph, frame["cause"]))


def late_hop(context: Context) -> Evidence:
    """Find hops above the limit of their kind."""
    late = timing_profile(context.graph).late(context.graph).frame
    found = _edges_by_key(context.graph, late)
    limits = [
        f"{duration_text(int(hop), 'us')}, at most {duration_text(float(limit), 'us', smallest='us')}"
        for hop, limit in zip(late["hop_us"], late["limit_us"], strict=True)
    ]
    return Evidence(found.nodes, found.others, limits)


def unfinished_flow(context: Context) -> Evidence:
    """Find events without an outcome that nearly all of their type have."""
    if not context.whole:
        raise NotChecked("in a selection effects are cut off; ask the whole snapshot")
    found = unfinished(context.graph, end_us=context.end_us).frame
    nodes = _nodes(context.graph, found["event"])
    return Evidence(nodes, details=[f"without {outcome}" for outcome in found["outcome"]])


def _nodes(graph: CausalGraph, keys: pd.Series[str]) -> Ints:
    """Return the numbers of events by their keys, which are few."""
    wanted = pa.array(keys.to_list(), pa.large_string())
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    found = np.flatnonzero(flags(pc.is_in(graph.column("key"), value_set=wanted)))
    number = dict(zip(graph.keys(found), found.tolist(), strict=True))
    return np.array([number[key] for key in wanted.to_pylist()], dtype=np.int64)


def fan_out_outlier(context: Context) -> Evidence:
    """Find events with far more effects of one type than others of their type have."""
    used, kind = context.graph.used_edges, context.kind
    width = int(kind.max(initial=-1)) + 1
    pairs, n = np.unique(paired(used.cause, kind[used.effect], width), return_counts=True)
    cause = pairs // max(width, 1)
    group, place = numbered(paired(kind[cause], pairs % max(width, 1), width), width * width)
    size = np.bincount(place, minlength=len(group))
    median, _, p99 = grouped_quantiles(place, n, len(group))
    twice = np.abs(2 * n - (2 * median).astype(np.int64)[place])
    mad = grouped_quantiles(place, twice, len(group))[0] / 2
    limit = np.where(mad > 0, median + _FAR * _MAD_TO_DEVIATION * mad, 3 * p99)
    found = np.flatnonzero((n > limit[place]) & (size[place] >= _ENOUGH))
    return Evidence(cause[found], details=[f"{counted(count, 'effect')} of one type" for count in n[found].tolist()])


def retry_storm(context: Context) -> Evidence:
    """Find events with ten effects of one type within a minute, or with more than two replays."""
    used, kind, time = context.graph.used_edges, context.kind, context.graph.time
    many = np.bincount(used.cause, minlength=len(time)) >= STORM_EFFECTS
    chosen = np.flatnonzero(many[used.cause] & (time[used.effect] != NO_TIME))
    cause, effect = used.cause[chosen], used.effect[chosen]
    order = np.lexsort((time[effect], kind[effect], cause))
    cause, effect = cause[order], effect[order]
    first, last = slice(None, -(STORM_EFFECTS - 1)), slice(STORM_EFFECTS - 1, None)
    together = (cause[first] == cause[last]) & (kind[effect[first]] == kind[effect[last]])
    quick = time[effect[last]] - time[effect[first]] <= STORM_US
    return Evidence(np.union1d(cause[first][together & quick], replayed_often(context)))


def ping_pong(context: Context) -> Evidence:
    """Find events whose type occurs at least five times on the path of binding causes that leads to them."""
    kind = context.kind
    above = same_kind_above(context.graph.structure.binding, kind, int(kind.max(initial=-1)) + 1)
    return Evidence(np.flatnonzero(above >= PING_PONG))


def time_back(context: Context) -> Evidence:
    """Find events that are more than a second earlier than an event at a smaller offset of their partition."""
    graph = context.graph
    if is_spans(graph):
        raise NotChecked("rows of a file of spans are in no order of time")
    frame = graph.rows(["source_id", "partition", "offset"], np.arange(len(graph))).to_pandas().assign(
        time=graph.time, node=np.arange(len(graph))
    )  # fmt: skip
    frame = frame[graph.time != NO_TIME].sort_values(["source_id", "partition", "offset"])
    latest = frame.groupby(["source_id", "partition"])["time"].cummax()
    back = latest - frame["time"]
    found = frame[back > BACK_US]
    largest = duration_text(int(back.max()), "us") if len(found) else ""
    return Evidence(found["node"].to_numpy(np.int64), said=f"by {largest} at most" if largest else "")


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
    acts[topics.codes[used.cause]] = True
    last = np.zeros(len(acts), dtype=np.int64)
    last[topics.codes] = np.arange(len(graph))
    # A topic of one snapshot that is the only one there has no other that could react.
    quiet = np.flatnonzero(~acts) if acts.any() else np.zeros(0, dtype=np.int64)
    names = topics.dictionary.to_pylist()
    return Evidence(last[quiet], details=[f"no event of {names[topic]} has an effect" for topic in quiet.tolist()])


def missing_instrumentation(context: Context) -> Evidence:
    """Find types that nearly always follow each other in time and never by a cause."""
    found = never_connected(context.graph)
    details = [f"{row.first} > {row.second} in {row.share:.0%} of the cases" for row in found.itertuples()]
    return Evidence(_nodes(context.graph, found["second_event"]), _nodes(context.graph, found["first_event"]), details)
