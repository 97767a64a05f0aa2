"""Rules about causes, copies and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from workbench.text import and_more, visible
from workbench.tracing.findings.context import Evidence
from workbench.tracing.graph.arrays import Groups, numbered, paired
from workbench.tracing.graph.edges import AMBIGUOUS
from workbench.tracing.graph.graph import COMMAND_ROOT, ORIGIN, SELF_ROOT, UNLINKED
from workbench.tracing.graph.tallies import count_distinct

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.findings.context import Context
    from workbench.tracing.graph.arrays import Ints

_FEW = 3
_USUAL_SHARE, _ENOUGH = 0.95, 20


def unresolved(reason: str) -> Callable[[Context], Evidence]:
    """Find causes that do not resolve for one reason."""

    def find(context: Context) -> Evidence:
        frame = context.graph.unresolved
        frame = frame[frame["reason"] == reason]
        return Evidence(frame["node"].to_numpy(np.int64), details=[f"names {visible(v, 48)}" for v in frame["value"]])

    return find


def problem(name: str) -> Callable[[Context], Evidence]:
    """Find events with one of the problems that the graph notes."""

    def find(context: Context) -> Evidence:
        frame = context.graph.problems
        return Evidence(frame.loc[frame["problem"] == name, "node"].to_numpy(np.int64))

    return find


def copies(kind: str) -> Callable[[Context], Evidence]:
    """Find further records of events, by kind."""

    def find(context: Context) -> Evidence:
        frame = context.graph.copies
        return Evidence(frame.loc[frame["kind"] == kind, "node"].to_numpy(np.int64))

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
    total = np.bincount(topics.codes, minlength=len(topics.dictionary))
    mine = np.bincount(topics.codes[nodes], minlength=len(total))
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
    details = [f"cycle {number}" for number, members in enumerate(found, start=1) for _ in members]
    return Evidence(nodes, details=details)


def correlation_break(context: Context) -> Evidence:
    """Find edges between different correlations."""
    code, used = context.codes("correlation_id"), context.graph.used_edges
    first, second = code[used.cause], code[used.effect]
    return Evidence.of_edges(context, (first >= 0) & (second >= 0) & (first != second))


def correlation_missing(context: Context) -> Evidence:
    """Find effects without a correlation whose cause has one."""
    code, used = context.codes("correlation_id"), context.graph.used_edges
    return Evidence.of_edges(context, (code[used.cause] >= 0) & (code[used.effect] < 0))


def several_roots(context: Context) -> Evidence:
    """Find correlations that begin more than once: their roots, or the first events of their fragments."""
    code, graph = context.codes("correlation_id"), context.graph
    inside = np.flatnonzero(code >= 0)
    _, first = np.unique(paired(code[inside], graph.structure.fragment[inside], len(graph)), return_index=True)
    heads = inside[first]
    roots = inside[np.isin(graph.root_kind[inside], (ORIGIN, SELF_ROOT, COMMAND_ROOT))]
    count = int(code.max(initial=-1)) + 1
    many = (np.bincount(code[heads], minlength=count) > 1) | (np.bincount(code[roots], minlength=count) > 1)
    begins = np.union1d(heads, roots)
    return Evidence(begins[many[code[begins]]], said=f"in {int(many.sum())} of the correlations")


def crossing(name: str) -> Callable[[Context], Evidence]:
    """Find edges whose ends differ in an attribute that both have."""

    def find(context: Context) -> Evidence:
        code, used = context.codes(name), context.graph.used_edges
        first, second = code[used.cause], code[used.effect]
        return Evidence.of_edges(context, (first >= 0) & (second >= 0) & (first != second))

    return find


def skipped_ancestor(context: Context) -> Evidence:
    """Find events that name the cause of their usual cause: nearly all of their type come by a step between."""
    used, kind = context.graph.used_edges, context.kind
    width, total = int(kind.max(initial=-1)) + 1, np.bincount(kind)
    steps, step = numbered(paired(kind[used.cause], kind[used.effect], width), width * width)
    # Each edge with each edge that leads to its cause; edges come by effect, so that those of one effect stay together.
    last, first = Groups.of(used.effect, len(kind)).expand(used.cause)
    effect = used.effect[last]
    ways, way = numbered(paired(step[first], kind[effect], width), len(steps) * width)
    n, of = count_distinct(way, effect, len(ways)), total[ways % max(width, 1)]
    usual = (n >= _USUAL_SHARE * of) & (of >= _ENOUGH)
    if not usual.any():
        return Evidence(np.zeros(0, dtype=np.int64))
    types = pd.DataFrame({"a_kind": steps[ways // width] // width, "b_kind": steps[ways // width] % width})
    taken = np.flatnonzero(usual[way])
    came = types.take(way[taken]).assign(effect=effect[taken]).drop_duplicates()
    usual_ways = types.assign(c_kind=ways % width)[usual]
    edges = pd.DataFrame({"cause": used.cause, "effect": used.effect})
    direct = edges.assign(a_kind=kind[used.cause], c_kind=kind[used.effect]).merge(usual_ways, on=["a_kind", "c_kind"])
    direct = direct.merge(came.assign(came=True), on=["effect", "a_kind", "b_kind"], how="left")
    direct = direct[direct["came"].isna()]
    has_b = edges.assign(b_kind=kind[used.effect])[["cause", "b_kind"]].drop_duplicates()
    found = direct.merge(has_b, on=["cause", "b_kind"]).drop_duplicates(["cause", "effect"])
    return Evidence(found["effect"].to_numpy(np.int64), found["cause"].to_numpy(np.int64))


def replayed_often(context: Context) -> Ints:
    """Return events with more than two replayed copies."""
    frame = context.graph.copies
    counts = frame.loc[frame["kind"] == "replay", "node"].value_counts()
    nodes: Ints = np.sort(counts[counts > 2].index.to_numpy(np.int64))  # noqa: PLR2004 - two may be a mistake mended
    return nodes


def record_problems(context: Context) -> Evidence:
    """Find problems of single records that decoding noted, counted by topic and source."""
    problems = context.graph.optional("problems")
    if problems is None:
        return Evidence(np.zeros(0, dtype=np.int64))
    nodes = pc.list_parent_indices(problems).to_numpy().astype(np.int64)
    names = pc.list_flatten(problems).to_pylist()
    kept = [place for place, name in enumerate(names) if name != "self_cause"]
    return Evidence(nodes[kept], details=[visible(names[place], 60) for place in kept])
