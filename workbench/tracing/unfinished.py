"""Unfinished flows: events that should have had an effect by now and have none, learnt from the data alone.

The definitions are those of `docs/tracing.md` 11.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import ConfigurationError, TableError
from workbench.text import counted, number_text, visible
from workbench.tracing.alternatives import Alternatives
from workbench.tracing.answers import SHOWN, Answer, keys_text, micros_text, rest_text, share_text, type_text
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.located import Located, frame_positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.causation import EventPosition
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Codes, Flags, Ints

MIN_N = 20
MIN_SHARE = 0.95
MIN_ALTERNATIVE = 3


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """Events of one type lead to at least one event of some types within a time."""

    event_type: str | None
    outcome: tuple[str | None, ...]
    """The types of a group: alternatives of one outcome."""
    share: float
    """Of the mature events, those that had such an effect."""
    wait_us: float
    mature: int


@dataclass(frozen=True, eq=False, repr=False)
class Unfinished(Answer, Located):
    """Events without an outcome that nearly all events of their type have."""

    frame: pd.DataFrame
    """event, event_type, outcome, share, age_us, wait_us, correlation_id, topic, partition, offset, source_id."""
    rules: tuple[OutcomeRule, ...]
    in_flight: dict[str, int]
    """By rule, the events that are too young to say."""
    summary: ClassVar[str] = "unfinished events"

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the events."""
        return frame_positions(self.frame)

    @property
    def rule_frame(self) -> pd.DataFrame:
        """One row for each rule: event_type, outcome, mature, share, wait_us, unfinished, in_flight."""
        counts = self.frame.groupby(["event_type", "outcome"], dropna=False).size().to_dict()
        rows = [
            {
                "event_type": rule.event_type,
                "outcome": outcome_text(rule.outcome),
                "mature": rule.mature,
                "share": rule.share,
                "wait_us": rule.wait_us,
                "unfinished": counts.get((rule.event_type, outcome_text(rule.outcome)), 0),
                "in_flight": self.in_flight[rule_text(rule)],
            }
            for rule in self.rules
        ]
        names = ["event_type", "outcome", "mature", "share", "wait_us", "unfinished", "in_flight"]
        return pd.DataFrame(rows, columns=names)

    def rules_json(self) -> str:
        """Write the rules as JSON, to be applied to another snapshot."""
        return json.dumps(
            [
                {
                    "event_type": rule.event_type,
                    "outcome": list(rule.outcome),
                    "share": rule.share,
                    "wait_us": rule.wait_us,
                    "mature": rule.mature,
                }
                for rule in self.rules
            ],
            indent=1,
        )

    def text(self) -> str:
        """Write each rule with the events that break it."""
        lines = [f"unfinished: {counted(len(self.frame), 'event')} by {counted(len(self.rules), 'rule')}"]
        for rule in self.rules[:SHOWN]:
            broken = self.frame[self.frame["rule"] == rule_text(rule)]["event"].to_list()
            young = self.in_flight[rule_text(rule)]
            lines.append(
                f"  {type_text(rule.event_type)} → {visible(outcome_text(rule.outcome), 120)}: share "
                f"{share_text(rule.share)} of {number_text(rule.mature)}, {_wait_text(rule.wait_us)}"
                + (f", {young} too young" if young else "")
                + (f"; missing after {keys_text(broken, short=True)}" if broken else "")
            )
        return "\n".join([*lines, *rest_text(len(self.rules), "rule")])


def _wait_text(wait_us: float) -> str:
    """Say how late an outcome comes at most; below zero the clocks place it before the event."""
    if wait_us >= 0:
        return f"within {micros_text(wait_us)}"
    return f"by the clocks {micros_text(-wait_us)} or more before it"


def outcome_text(outcome: Sequence[str | None]) -> str:
    """Write a group of alternatives."""
    return " or ".join(name if name is not None else "(no type)" for name in outcome)


def rule_text(rule: OutcomeRule) -> str:
    """Name a rule: ``P→X|Y``."""
    return f"{rule.event_type or '(no type)'}→{'|'.join(name or '(no type)' for name in rule.outcome)}"


def unfinished(
    graph: CausalGraph,
    *,
    end_us: int | Mapping[str, int] | None = None,
    rules: str | bytes | Sequence[OutcomeRule] | None = None,
    min_n: int = MIN_N,
    min_share: float = MIN_SHARE,
    min_alternative: int = MIN_ALTERNATIVE,
) -> Unfinished:
    """Find events that lack an outcome.

    Args:
        graph: A graph of a whole snapshot; in a selection effects are cut off.
        end_us: End of the capture in microseconds, for all topics or by topic; by default the time of the last event.
        rules: Rules of another snapshot, or the text of `Unfinished.rules_json`; by default they are learnt.
        min_n: Mature events that a rule needs.
        min_share: Of these, the share that had the outcome.
        min_alternative: How often an effect must be seen to count as an alternative of another.

    Raises:
        TableError: The text of the rules cannot be read.
        ConfigurationError: ``end_us`` is no time.
    """
    flows = _Flows(graph, end_us)
    if rules is None:
        known = flows.rules(min_n=min_n, min_share=min_share, min_alternative=min_alternative)
    else:
        known = _read_rules(rules) if isinstance(rules, str | bytes) else list(rules)
    found, young = [], {}
    for rule in known:
        nodes, young[rule_text(rule)] = flows.broken(rule)
        found.append(_rows(graph, flows, rule, nodes))
    columns = ["event", "event_type", "outcome", "share", "age_us", "wait_us", "correlation_id", "topic", "partition",
               "offset", "source_id", "rule"]  # fmt: skip
    rows = [one for one in found if len(one)]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({name: [] for name in columns})
    return Unfinished(frame[columns], tuple(known), young)


def broken_rules(graph: CausalGraph, end_us: int | Mapping[str, int] | None) -> list[tuple[OutcomeRule, Ints]]:
    """Learn the rules of a graph, and find the events that break each."""
    flows = _Flows(graph, end_us)
    return [(rule, flows.broken(rule)[0]) for rule in flows.rules()]


UNRULED, LACKING, YOUNG, FINISHED = range(4)


def outcome_states(graph: CausalGraph) -> Codes:
    """Say of each event whether it has the outcomes that nearly all of its type have.

    ``UNRULED``: no rule is known for its type, or it has no time; ``LACKING``: it lacks one and is old enough to have
    it; ``YOUNG``: it lacks one and may still get it; ``FINISHED``: it has all.
    """
    flows = _Flows(graph, None)
    state = np.full(len(graph), UNRULED, dtype=np.int8)
    for rule in flows.rules():
        own, old, has = flows.done(rule)
        found = np.where(has, FINISHED, np.where(old, LACKING, YOUNG))
        state[own] = np.where(state[own] == UNRULED, found, np.minimum(state[own], found))
    return state


class _Flows:
    """Which event has effects of which types.

    Events are numbered in the order of their times, so that those of a type that are older than a time are a first
    part of them.
    """

    def __init__(self, graph: CausalGraph, end_us: int | Mapping[str, int] | None) -> None:
        edges = graph.typed_edges
        self.names: list[str | None] = edges.names.to_pylist()
        self.time = graph.time
        self._of_kind = Groups.of(edges.kind, len(self.names))
        self._place_in_kind = np.empty(len(graph), dtype=np.int32)
        self._place_in_kind[self._of_kind.members] = _counted_up(self._of_kind)
        self._wait = edges.spread.p99
        self._pairs: dict[int, dict[int, int]] = {}
        for place, (code, effect) in enumerate(zip(*(side.tolist() for side in edges.pairs), strict=True)):
            self._pairs.setdefault(code, {})[effect] = place
        self._by_pair = Groups(edges.fans.starts, edges.fans.cause)
        self._first_timed = int(np.searchsorted(self.time, NO_TIME, "right"))
        self._ends = _ends(graph, edges.kind, len(self.names), end_us)

    def causes_with(self, code: int, effect: int) -> Ints:
        """Return the events of one type that have an effect of another, in their order."""
        place = self._pairs.get(code, {}).get(effect)
        return np.zeros(0, dtype=np.int32) if place is None else _members(self._by_pair, place)

    def effects_of(self, code: int) -> dict[int, float]:
        """Return the types of the effects of a type, with the p99 of the hop."""
        return {effect: float(self._wait[place]) for effect, place in self._pairs.get(code, {}).items()}

    def timed(self, code: int) -> Ints:
        """Return the events of a type that have a time."""
        own = _members(self._of_kind, code)
        return own[np.searchsorted(own, self._first_timed) :]

    def young(self, effects: Sequence[int], wait: float) -> int:
        """Return the first event that is too young for effects of these types; no earlier one is."""
        end = min((self._ends[effect] for effect in effects), default=NO_TIME)
        if end == NO_TIME or not np.isfinite(wait):
            return self._first_timed
        return max(int(np.searchsorted(self.time, end - math.floor(wait))), self._first_timed)

    def within(self, nodes: Ints, young: int) -> Ints:
        """Keep the events that have a time and are old enough."""
        first, last = np.searchsorted(nodes, [self._first_timed, young])
        return nodes[first:last]

    def done(self, rule: OutcomeRule) -> tuple[Ints, Flags, Flags]:
        """Return the events of a rule's type that have a time; which are old enough, and which have an outcome."""
        code = self.names.index(rule.event_type)
        effects = [self.names.index(name) for name in rule.outcome if name in self.names]
        own = self.timed(code)
        has = np.zeros(len(_members(self._of_kind, code)), dtype=np.bool_)
        for effect in effects:
            has[self._place_in_kind[self.causes_with(code, effect)]] = True
        return own, own < self.young(effects or [code], rule.wait_us), has[len(has) - len(own) :]

    def rules(
        self, *, min_n: int = MIN_N, min_share: float = MIN_SHARE, min_alternative: int = MIN_ALTERNATIVE
    ) -> list[OutcomeRule]:
        """Learn the rules of all types."""
        codes = range(len(self.names))
        return [
            rule
            for code in codes
            for rule in self.learn(code, min_n=min_n, min_share=min_share, min_alternative=min_alternative)
        ]

    def learn(self, code: int, *, min_n: int, min_share: float, min_alternative: int) -> list[OutcomeRule]:
        """Find the outcome groups of a type, and keep those that nearly every mature event has."""
        waits = self.effects_of(code)
        if not waits:
            return []
        young = self.young(list(waits), max(waits.values()))
        having = {effect: self.causes_with(code, effect) for effect in waits}
        within = {effect: self.within(causes, young) for effect, causes in having.items()}
        ordered = sorted(waits, key=lambda effect: (-len(within[effect]), self.names[effect] or ""))
        groups: list[list[int]] = []
        own = _members(self._of_kind, code)
        alternatives = Alternatives(len(own))
        for effect in ordered:
            causes = taken(self._place_in_kind, within[effect])
            home = alternatives.first_without(causes) if len(causes) >= min_alternative else len(groups)
            if home == len(groups):
                groups.append([])
            groups[home].append(effect)
            alternatives.add(home, causes)
        found = []
        for group in groups:
            wait = max(waits[effect] for effect in group)
            young = self.young(group, wait)
            causes = having[group[0]] if len(group) == 1 else np.unique(np.concatenate([having[one] for one in group]))
            count = len(self.within(own, young))
            share = len(self.within(causes, young)) / count if count else 0.0
            if count >= min_n and share >= min_share:
                outcome = tuple(self.names[effect] for effect in group)
                found.append(OutcomeRule(self.names[code], outcome, share, wait, count))
        return found

    def broken(self, rule: OutcomeRule) -> tuple[Ints, int]:
        """Return the mature events without the outcome, and how many are too young to say."""
        if rule.event_type not in self.names:
            return np.zeros(0, dtype=np.int64), 0
        own, old, has = self.done(rule)
        return own[old & ~has], len(own) - int(np.count_nonzero(old))

    def ages(self, rule: OutcomeRule, nodes: Ints) -> Ints:
        """Return how old events are at the end of the capture of the outcome's topics."""
        effects = [self.names.index(name) for name in rule.outcome if name in self.names]
        end = min((self._ends[effect] for effect in effects), default=self._ends[self.names.index(rule.event_type)])
        return int(end) - self.time[nodes]


def _members(groups: Groups, number: int) -> Ints:
    return groups.members[groups.starts[number] : groups.starts[number + 1]]


def _counted_up(groups: Groups) -> Ints:
    """Return the place of each member within its group."""
    sizes = groups.sizes()
    return np.arange(len(groups.members), dtype=np.int32) - np.repeat(groups.starts[:-1], sizes)


def _ends(graph: CausalGraph, kind: Ints, width: int, end_us: int | Mapping[str, int] | None) -> list[int]:
    """Return by type when the capture of its topics ended; of several topics the first to end counts."""
    known = graph.time != NO_TIME
    last = int(graph.time[known].max()) if known.any() else NO_TIME
    if end_us is None or isinstance(end_us, int):
        return [last if end_us is None else end_us] * width
    if not isinstance(end_us, Mapping):
        raise ConfigurationError(f"end_us={end_us!r} is no time: give microseconds since 1970, or those by topic.")
    topics = graph.encoded("topic")
    by_topic = np.array([end_us.get(name, last) for name in topics.dictionary.to_pylist()] or [last], dtype=np.int64)
    ends = np.full(width, np.iinfo(np.int64).max)
    np.minimum.at(ends, kind, by_topic[topics.codes])
    return [last if end == np.iinfo(np.int64).max else int(end) for end in ends]


def _rows(graph: CausalGraph, flows: _Flows, rule: OutcomeRule, nodes: Ints) -> pd.DataFrame:
    names = ["key", "event_type", "correlation_id", "topic", "partition", "offset", "source_id"]
    frame = graph.rows(names, nodes).to_pandas().rename(columns={"key": "event"})
    rows: pd.DataFrame = frame.assign(
        outcome=outcome_text(rule.outcome),
        share=rule.share,
        age_us=flows.ages(rule, nodes) if len(nodes) else nodes,
        wait_us=rule.wait_us,
        rule=rule_text(rule),
    )
    return rows


def _read_rules(text: str | bytes) -> list[OutcomeRule]:
    try:
        entries: list[dict[str, Any]] = json.loads(text)
        return [
            OutcomeRule(
                None if one["event_type"] is None else str(one["event_type"]),
                tuple(None if name is None else str(name) for name in one["outcome"]),
                float(one["share"]),
                float(one["wait_us"]),
                int(one["mature"]),
            )
            for one in entries
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise TableError(
            f"The rules cannot be read: {type(error).__name__} {visible(str(error), 80)}. Pass what rules_json() wrote."
        ) from error
