"""Compares a flow with its replay: shape, causes, correlation, latency, payload, errors, completeness.

The definitions are those of `docs/tracing.md` 16.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.text import and_more, counted, visible
from workbench.tracing.diff.payloads import compare_payloads
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.order.profile import LEAST_N
from workbench.tracing.reaction.pairing import pair_events
from workbench.tracing.reaction.reaction import Reaction, ReactionCheck, Status
from workbench.tracing.records import values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.order.profile import TimingProfile
    from workbench.tracing.reaction.pairing import Pairing
    from workbench.tracing.records import RecordReader

_SHOWN = 5
_SLACK_US = 1_000_000


@dataclass(frozen=True, eq=False)
class ReactionInput:
    """What a reaction is judged by."""

    original: CausalGraph
    """The records that were sent, and all that they had led to."""
    replayed: CausalGraph
    sent: Mapping[int, int]
    """The replayed event of each original one that was sent."""
    correlation: Callable[[str | None], str | None]
    """The correlation id in the replay of an original one."""
    profile: TimingProfile
    """How long hops usually take."""
    optional: Collection[str] = ()
    """Types that may be missing or extra."""
    ignore: Collection[str] = ()
    """Paths of payloads that are not compared."""
    records: tuple[RecordReader, RecordReader] | None = None
    """Read the values of both sides; without them no payload is compared."""
    other_checks: Sequence[ReactionCheck] = field(default=())
    """Further checks that were made, such as the positions of consumer groups."""
    waited_s: float = 0.0
    cut_off: str = ""
    """Why what happened may not all have been read; empty where it was."""


def compare_reaction(given: ReactionInput) -> Reaction:
    """Pair the events of both sides and make every check."""
    pairing = pair_events(given.original, given.replayed, given.sent)
    pairs = _pair_frame(given, pairing)
    missing, extra = _events(given.original, pairing.missing), _events(given.replayed, pairing.extra)
    payload, compared = _payloads(given, pairing)
    checks = [
        _shape(given, missing, extra),
        _causes(given, pairing),
        _correlation(given, pairing),
        _latency(given, pairs),
        compared,
        _errors(given, pairing),
        _completeness(given, missing),
        *given.other_checks,
    ]
    return Reaction(
        tuple(checks), pairs, missing, extra, payload, given.original, given.replayed, waited_s=given.waited_s
    )


def is_complete(given: ReactionInput) -> bool:
    """Tell whether every expected event has happened."""
    pairing = pair_events(given.original, given.replayed, given.sent)
    types = given.original.column("event_type").to_pylist()
    return all(types[node] in given.optional for node in pairing.missing)


def _events(graph: CausalGraph, nodes: Sequence[int]) -> pd.DataFrame:
    names = ["key", "event_type", "correlation_id"]
    frame: pd.DataFrame = graph.events.select(names).take(np.array(nodes, np.int64)).to_pandas()
    return frame


def _types_text(frame: pd.DataFrame) -> str:
    counts = Counter(frame["event_type"].fillna("(no type)"))
    shown = [f"{visible(str(kind), 40)} ({counted(count, 'time')})" for kind, count in sorted(counts.items())]
    return ", ".join(shown[:_SHOWN]) + and_more(len(shown) - _SHOWN)


def _shape(given: ReactionInput, missing: pd.DataFrame, extra: pd.DataFrame) -> ReactionCheck:
    wrong = []
    for name, frame in (("missing", missing), ("extra", extra)):
        counted_ones = frame[~frame["event_type"].isin(list(given.optional))]
        if len(counted_ones):
            wrong.append(f"{name} {_types_text(counted_ones)}")
    if wrong:
        return ReactionCheck("shape", "fail", "; ".join(wrong))
    return ReactionCheck("shape", "pass", counted(len(given.original), "event"))


def _causes(given: ReactionInput, pairing: Pairing) -> ReactionCheck:
    partner = dict(pairing.pairs)
    wanted, found = _causes_of(given.original), _causes_of(given.replayed)
    wrong = [
        b
        for a, b in pairing.pairs
        if {partner[cause] for cause in wanted.get(a, ()) if cause in partner} != found.get(b, set())
    ]
    cycles = len(given.replayed.structure.cycles) - len(given.original.structure.cycles)
    orphans = set(given.replayed.unresolved["node"]) - {partner.get(node) for node in given.original.unresolved["node"]}
    orphans -= {b for a, b in given.sent.items()}
    problems = [
        *([f"{counted(len(wrong), 'event')} with other causes: {_keys(given.replayed, wrong)}"] if wrong else []),
        *([counted(cycles, "new cycle")] if cycles > 0 else []),
        *([f"{counted(len(orphans), 'event')} whose cause is not there"] if orphans else []),
    ]
    return _check("causes", problems, counted(len(pairing.pairs), "pair"))


def _causes_of(graph: CausalGraph) -> dict[int, set[int]]:
    causes: dict[int, set[int]] = {}
    for cause, effect in zip(graph.used_edges.cause.tolist(), graph.used_edges.effect.tolist(), strict=True):
        causes.setdefault(effect, set()).add(cause)
    return causes


def _correlation(given: ReactionInput, pairing: Pairing) -> ReactionCheck:
    before = given.original.column("correlation_id").to_pylist()
    after = given.replayed.column("correlation_id").to_pylist()
    wrong = [b for a, b in pairing.pairs if after[b] != given.correlation(before[a])]
    problems = [f"{counted(len(wrong), 'event')}: {_keys(given.replayed, wrong)}"] if wrong else []
    return _check("correlation", problems, counted(len(pairing.pairs), "pair"))


def _pair_frame(given: ReactionInput, pairing: Pairing) -> pd.DataFrame:
    limits = {
        (row["cause_type"], row["effect_type"]): row["p99_us"]
        for row in given.profile.frame.to_dict("records")
        if row["n"] >= LEAST_N
    }
    partner = dict(pairing.pairs)
    binding = [graph.structure.binding.tolist() for graph in (given.original, given.replayed)]
    types = given.original.column("event_type").to_pylist()
    keys = [graph.column("key").to_pylist() for graph in (given.original, given.replayed)]
    rows = []
    for a, b in pairing.pairs:
        cause = binding[0][a]
        effect_of = binding[1][b]
        hop = _hop(given.original, cause, a)
        again = _hop(given.replayed, effect_of, b) if cause >= 0 and partner.get(cause) == effect_of else None
        kind = types[cause] if cause >= 0 else None
        limit = None if hop is None else float(limits.get((kind, types[a]), 2 * hop + _SLACK_US))
        late = limit is not None and again is not None and again > limit
        rows.append((keys[0][a], keys[1][b], kind, types[a], hop, again, limit, late))
    names = ["original", "replayed", "cause_type", "event_type", "hop_us", "replayed_hop_us", "limit_us", "late"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"hop_us": "Float64", "replayed_hop_us": "Float64", "limit_us": "Float64", "late": "bool"})


def _hop(graph: CausalGraph, cause: int, effect: int) -> int | None:
    if cause < 0 or NO_TIME in (graph.time[cause], graph.time[effect]):
        return None
    return int(graph.time[effect]) - int(graph.time[cause])


def _latency(given: ReactionInput, pairs: pd.DataFrame) -> ReactionCheck:
    hops = pairs[pairs["hop_us"].notna()]
    measured = hops[hops["replayed_hop_us"].notna()]
    late = measured[measured["late"]]
    if len(late):
        ways = sorted({f"{row['cause_type']} → {row['event_type']}" for row in late.to_dict("records")})
        shown = ", ".join(visible(way, 80) for way in ways[:_SHOWN])
        return ReactionCheck("latency", "fail", f"{counted(len(late), 'hop')} late: {shown}")
    if len(given.original.used_edges) and not len(measured):
        return ReactionCheck("latency", "not checked", "no hop happened again")
    return ReactionCheck("latency", "pass", f"{counted(len(measured), 'hop')} within their limits")


def _payloads(given: ReactionInput, pairing: Pairing) -> tuple[pd.DataFrame, ReactionCheck]:
    names = ["key", "path", "change", "before", "after"]
    if given.records is None:
        return pd.DataFrame([], columns=names), ReactionCheck("payload", "not checked", "there are no values")
    # What was sent is proven by the verification of the delivery; what the system made of it is not.
    pairs = [pair for pair in pairing.pairs if pair[0] not in given.sent]
    sides = (given.original, given.replayed)
    nodes = [np.array([pair[side] for pair in pairs], np.int64) for side in range(2)]
    values = [values_of(graph, one, reader) for graph, one, reader in zip(sides, nodes, given.records, strict=True)]
    ids = [_ids(graph) for graph in sides]
    rows = []
    keys = given.original.column("key").to_pylist()
    for (a, _), before, after in zip(pairs, *values, strict=True):
        for path, change, old, new in compare_payloads(before, after, known_ids=ids[0] | ids[1], ignore=given.ignore):
            rows.append((keys[a], path, change, old, new))
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    paths = sorted({str(row[1]) for row in rows})
    shown = ", ".join(visible(path, 60) for path in paths[:_SHOWN]) + and_more(len(paths) - _SHOWN)
    problems = [f"{counted(len({row[0] for row in rows}), 'event')} differ at {shown}"] if rows else []
    return frame, _check("payload", problems, f"{counted(len(pairs), 'effect')} compared, without ids and times")


def _ids(graph: CausalGraph) -> frozenset[str]:
    columns = (graph.column(name).to_pylist() for name in ("event_id", "correlation_id", "trace_id"))
    return frozenset(value for column in columns for value in column if value is not None)


def _errors(given: ReactionInput, pairing: Pairing) -> ReactionCheck:
    before, after = _failed(given.original), _failed(given.replayed)
    partner = {b: a for a, b in pairing.pairs}
    new = [node for node in sorted(after) if partner.get(node) not in before]
    count = counted(len(new), "dead letter or failure", "dead letters or failures")
    problems = [f"{count}: {_keys(given.replayed, new)}"]
    return _check("errors", problems if new else [], "none that was not there before")


def _failed(graph: CausalGraph) -> set[int]:
    topics = graph.column("topic").to_pylist()
    failed = np.flatnonzero(graph.marked("failed")).tolist()
    return {*failed, *(node for node, topic in enumerate(topics) if is_dead_letter_topic(topic))}


def _completeness(given: ReactionInput, missing: pd.DataFrame) -> ReactionCheck:
    if given.cut_off:
        return ReactionCheck("completeness", "not checked", given.cut_off)
    late = missing[~missing["event_type"].isin(list(given.optional))]
    problems = [f"not there when the wait ended: {_types_text(late)}"] if len(late) else []
    return _check("completeness", problems, "every expected event came before the wait ended")


def _keys(graph: CausalGraph, nodes: Iterable[int]) -> str:
    chosen = list(nodes)
    shown = [visible(key, 40) for key in graph.keys(np.array(chosen[:_SHOWN], np.int64))]
    return ", ".join(shown) + and_more(len(chosen) - _SHOWN)


def _check(name: str, problems: Sequence[str], right: str) -> ReactionCheck:
    status: Status = "fail" if problems else "pass"
    return ReactionCheck(name, status, "; ".join(problems) or right)
