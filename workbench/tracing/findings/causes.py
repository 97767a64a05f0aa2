"""Rules about causes, copies and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import and_more, visible
from workbench.tracing.findings.context import Evidence
from workbench.tracing.graph.arrays import Groups, places_of
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.edges import AMBIGUOUS
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.graph import COMMAND_ROOT, ORIGIN, SELF_ROOT, UNLINKED
from workbench.tracing.graph.tallies import count_codes, first_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.findings.context import Context
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.typed_edges import TypedEdges

_FEW = 3
_USUAL_SHARE, _ENOUGH = 0.95, 20


def unresolved(reason: str) -> Callable[[Context], Evidence]:
    """Find causes that do not resolve for one reason."""

    def find(context: Context) -> Evidence:
        table = context.graph.facts.unresolved
        table = table.pick(table.named("reason", reason))
        return Evidence(table.node, details=lambda: [f"names {visible(text, 48)}" for text in table.texts("value")])

    return find


def problem(name: str) -> Callable[[Context], Evidence]:
    """Find events with one of the problems that the graph notes."""

    def find(context: Context) -> Evidence:
        table = context.graph.facts.problems
        return Evidence(table.node[table.named("problem", name)])

    return find


def copies(kind: str) -> Callable[[Context], Evidence]:
    """Find further records of events, by kind."""

    def find(context: Context) -> Evidence:
        table = context.graph.facts.copies
        return Evidence(table.node[table.named("kind", kind)])

    return find


def ambiguous(context: Context) -> Evidence:
    """Find causes that several events could be."""
    edges = context.graph.edges
    chosen = edges.kind == AMBIGUOUS
    return Evidence(edges.effect[chosen], edges.cause[chosen])


def unlinked(context: Context) -> Evidence:
    """Find events that say nothing of their cause, with their share of each topic."""
    nodes = np.flatnonzero(context.graph.root_kind == UNLINKED)
    topics = context.graph.encoded("topic")
    total, mine = (count_codes(codes, len(topics.dictionary)) for codes in (topics.codes, topics.codes[nodes]))
    shares = [
        f"{visible(name, 40)} {count / whole:.1%}"
        for name, count, whole in zip(topics.dictionary.to_pylist(), mine.tolist(), total.tolist(), strict=True)
        if count
    ]
    said = f"by topic: {', '.join(shares[:_FEW])}{and_more(len(shares) - _FEW)}" if shares else ""
    return Evidence(nodes, said=said)


def cycle(context: Context) -> Evidence:
    """Find the members of cycles."""
    found = context.graph.structure.cycles
    nodes = np.concatenate([np.sort(members) for members in found]) if found else np.zeros(0, dtype=np.int64)
    return Evidence(
        nodes, details=lambda: [f"cycle {number}" for number, members in enumerate(found, start=1) for _ in members]
    )


def correlation_missing(context: Context) -> Evidence:
    """Find effects without a correlation whose cause has one."""
    return Evidence.of_edges(context, context.edges.ends.losing(context.codes("correlation_id")))


def several_roots(context: Context) -> Evidence:
    """Find correlations that begin more than once: their roots, or the first events of their fragments."""
    code, graph = context.codes("correlation_id"), context.graph
    fragment, count = graph.structure.fragment, int(code.max(initial=-1)) + 1
    head = first_with(graph.by_correlation.members, code, fragment, graph.structure.fragments)
    root = (code >= 0) & np.logical_or.reduce([graph.root_kind == kind for kind in (ORIGIN, SELF_ROOT, COMMAND_ROOT)])
    many = np.zeros(count + 1, dtype=np.bool_)
    for begins in (head, root):
        many[:count] |= np.bincount(code[begins], minlength=count) > 1
    nodes = np.flatnonzero((head | root) & taken(many, code))
    return Evidence(nodes, said=f"in {int(many.sum())} of the correlations")


def correlation_break(context: Context) -> Evidence:
    """Find edges between correlations, except to an event that says itself that its flow was started from that one."""
    code, graph = context.codes("correlation_id"), context.graph
    chosen = context.edges.ends.differing(code)
    if "root_id" in graph.attributes.names:
        started_from = graph.some("root_id", graph.used_edges.effect[chosen])
        cause = pa.array(code[graph.used_edges.cause[chosen]])
        chosen = chosen[~flags(pc.equal(started_from, graph.encoded("correlation_id").dictionary.take(cause)))]
    return Evidence.of_edges(context, chosen)


def crossing(name: str) -> Callable[[Context], Evidence]:
    """Find edges whose ends differ in an attribute that both have."""
    return lambda context: Evidence.of_edges(context, context.edges.ends.differing(context.codes(name)))


def skipped_ancestor(context: Context) -> Evidence:
    """Find events that name the cause of their usual cause: nearly all of their type come by a step between."""
    edges = context.edges
    nothing = Evidence(np.zeros(0, dtype=np.int64))
    total = count_codes(edges.kind, len(edges.names))
    ways = _possible_ways(edges, total)
    if ways.empty:
        return nothing
    # Each edge with each edge that leads to its cause.
    last = np.flatnonzero(np.isin(edges.place, ways["last"]))
    owner, first = Groups.of(edges.used.effect, len(edges.kind)).expand(edges.used.cause[last])
    last = last[owner]
    came = pd.DataFrame({"first": edges.place[first], "last": edges.place[last], "effect": edges.used.effect[last]})
    came = came.merge(ways, on=["first", "last"])[["way", "effect"]].drop_duplicates()
    n = np.bincount(came["way"], minlength=len(ways))
    ways = ways[n >= _USUAL_SHARE * total[ways["c_kind"]]]
    if ways.empty:
        return nothing
    direct = np.flatnonzero(np.isin(edges.place, ways["direct"]))
    skipping = pd.DataFrame(
        {"direct": edges.place[direct], "cause": edges.used.cause[direct], "effect": edges.used.effect[direct]}
    )
    skipping = skipping.merge(ways, on="direct").merge(came.assign(came=True), on=["way", "effect"], how="left")
    skipping = skipping[skipping["came"].isna()]
    pairs = np.unique(ways["first"])
    own, entry = places_of(edges.fans.starts, pairs)
    steps = pd.DataFrame({"cause": edges.fans.cause[entry], "first": pairs[own]})
    found = skipping.merge(steps, on=["cause", "first"]).drop_duplicates(["cause", "effect"])
    return Evidence(found["effect"].to_numpy(np.int64), found["cause"].to_numpy(np.int64))


def _possible_ways(edges: TypedEdges, total: Ints) -> pd.DataFrame:
    """List the ways a > b > c by type that so many events of type c may have come that it is usual, if some name a.

    Returns:
        c_kind, the numbers of the pairs of types (``first`` a > b, ``last`` b > c, ``direct`` a > c), and ``way``.
    """
    a_kind, b_kind = edges.pairs
    pairs = pd.DataFrame({"a_kind": a_kind, "b_kind": b_kind, "first": np.arange(len(a_kind))})
    n = count_codes(edges.place, len(a_kind))
    usual = (total[b_kind] >= _ENOUGH) & (n >= _USUAL_SHARE * total[b_kind])
    last = pairs[usual].set_axis(["b_kind", "c_kind", "last"], axis="columns")
    direct = pairs.set_axis(["a_kind", "c_kind", "direct"], axis="columns")
    ways = last.merge(pairs, on="b_kind").merge(direct, on=["a_kind", "c_kind"])
    return ways[["c_kind", "first", "last", "direct"]].assign(way=np.arange(len(ways)))


def replayed_often(context: Context) -> Ints:
    """Return events with more than two replayed copies."""
    table = context.graph.facts.copies
    nodes, counts = np.unique(table.node[table.named("kind", "replay")], return_counts=True)
    often: Ints = nodes[counts > 2]  # noqa: PLR2004 - two may be a mistake mended
    return often


def record_problems(context: Context) -> Evidence:
    """Find problems of single records that decoding noted, counted by topic and source."""
    problems = context.graph.optional("problems")
    if problems is None:
        return Evidence(np.zeros(0, dtype=np.int64))
    nodes = pc.list_parent_indices(problems).to_numpy().astype(np.int64)
    names = pc.list_flatten(problems).to_pylist()
    kept = [place for place, name in enumerate(names) if name != "self_cause"]
    return Evidence(nodes[kept], details=lambda: [visible(names[place], 60) for place in kept])
