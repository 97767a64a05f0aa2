"""Unfinished flows: events that should have had an effect by now and have none, learnt from the data alone.

The definitions are those of `docs/tracing.md` 11.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import TableError
from workbench.text import counted, visible
from workbench.tracing.answers import SHOWN, Answer, keys_text, micros_text, rest_text, share_text, type_text
from workbench.tracing.graph.arrays import Groups, numbered, paired
from workbench.tracing.graph.times import NO_TIME, hops
from workbench.tracing.type_map import grouped_quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
class Unfinished(Answer):
    """Events without an outcome that nearly all events of their type have."""

    frame: pd.DataFrame
    """event, event_type, outcome, share, age_us, wait_us, correlation_id, topic, partition, offset, source_id."""
    rules: tuple[OutcomeRule, ...]
    in_flight: dict[str, int]
    """By rule, the events that are too young to say."""

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
                f"{share_text(rule.share)} of {rule.mature}, within {micros_text(rule.wait_us)}"
                + (f", {young} too young" if young else "")
                + (f"; missing after {keys_text(broken)}" if broken else "")
            )
        return "\n".join([*lines, *rest_text(len(self.rules), "rule")])


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
    rules: str | Sequence[OutcomeRule] | None = None,
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
    """
    flows = _Flows(graph, end_us)
    if rules is None:
        known = [
            rule
            for code in range(len(flows.names))
            for rule in flows.learn(code, min_n=min_n, min_share=min_share, min_alternative=min_alternative)
        ]
    else:
        known = _read_rules(rules) if isinstance(rules, str) else list(rules)
    found, young = [], {}
    for rule in known:
        nodes, young[rule_text(rule)] = flows.broken(rule)
        found.append(_rows(graph, flows, rule, nodes))
    columns = ["event", "event_type", "outcome", "share", "age_us", "wait_us", "correlation_id", "topic", "partition",
               "offset", "source_id", "rule"]  # fmt: skip
    rows = [one for one in found if len(one)]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({name: [] for name in columns})
    return Unfinished(frame[columns], tuple(known), young)


UNRULED, LACKING, YOUNG, FINISHED = range(4)


def outcome_states(graph: CausalGraph) -> Codes:
    """Say of each event whether it has the outcomes that nearly all of its type have.

    ``UNRULED``: no rule is known for its type, or it has no time; ``LACKING``: it lacks one and is old enough to have
    it; ``YOUNG``: it lacks one and may still get it; ``FINISHED``: it has all.
    """
    flows = _Flows(graph, None)
    state = np.full(len(graph), UNRULED, dtype=np.int8)
    for code in range(len(flows.names)):
        for rule in flows.learn(code, min_n=MIN_N, min_share=MIN_SHARE, min_alternative=MIN_ALTERNATIVE):
            own, old, has = flows.done(rule)
            found = np.where(has[own], FINISHED, np.where(old[own], LACKING, YOUNG))
            state[own] = np.where(state[own] == UNRULED, found, np.minimum(state[own], found))
    return state


class _Flows:
    """Which event has effects of which types."""

    def __init__(self, graph: CausalGraph, end_us: int | Mapping[str, int] | None) -> None:
        kinds = graph.encoded("event_type")
        self.names: list[str | None] = [*kinds.dictionary.to_pylist(), None]
        self.kind = np.where(kinds.codes < 0, len(self.names) - 1, kinds.codes)
        self._of_kind = Groups.of(self.kind, len(self.names))
        self._timed: dict[int, Ints] = {}
        self.time = graph.time
        used = graph.used_edges
        self.cause, self.effect_kind = used.cause, self.kind[used.effect]
        width = len(self.names)
        self._pairs, place = numbered(paired(self.kind[self.cause], self.effect_kind, width), width * width)
        hop, timed = hops(graph.time, used.cause, used.effect)
        self._wait = grouped_quantiles(place[timed], hop[timed], len(self._pairs))[2]
        self._by_pair = Groups.of(place, len(self._pairs), used.cause)
        self._ends = _ends(graph, self.kind, width, end_us)

    def causes_with(self, code: int, effect: int) -> Ints:
        """Return the events of one type that have an effect of another."""
        at = int(np.searchsorted(self._pairs, code * len(self.names) + effect))
        if at == len(self._pairs) or self._pairs[at] != code * len(self.names) + effect:
            return np.zeros(0, dtype=np.int64)
        return np.unique(self._by_pair.members[self._by_pair.starts[at] : self._by_pair.starts[at + 1]])

    def effects_of(self, code: int) -> dict[int, float]:
        """Return the types of the effects of a type, with the p99 of the hop."""
        width = len(self.names)
        mine = np.flatnonzero(self._pairs // width == code)
        return {int(self._pairs[at] % width): float(self._wait[at]) for at in mine}

    def timed(self, code: int) -> Ints:
        """Return the events of a type that have a time."""
        if code not in self._timed:
            own = self._of_kind.members[self._of_kind.starts[code] : self._of_kind.starts[code + 1]]
            self._timed[code] = own[self.time[own] != NO_TIME]
        return self._timed[code]

    def mature(self, code: int, effects: Sequence[int], wait: float) -> Flags:
        """Mark the events of a type that are old enough for effects of these types."""
        end = min((self._ends[effect] for effect in effects), default=NO_TIME)
        old = np.zeros(len(self.time), dtype=np.bool_)
        if end != NO_TIME and np.isfinite(wait):
            own = self.timed(code)
            old[own[int(end) - self.time[own] > wait]] = True
        return old

    def done(self, rule: OutcomeRule) -> tuple[Ints, Flags, Flags]:
        """Return the events of a rule's type that have a time; mark among all those old enough, and with an outcome."""
        code = self.names.index(rule.event_type)
        effects = [self.names.index(name) for name in rule.outcome if name in self.names]
        has = np.zeros(len(self.time), dtype=np.bool_)
        for effect in effects:
            has[self.causes_with(code, effect)] = True
        return self.timed(code), self.mature(code, effects or [code], rule.wait_us), has

    def learn(self, code: int, *, min_n: int, min_share: float, min_alternative: int) -> list[OutcomeRule]:
        """Find the outcome groups of a type, and keep those that nearly every mature event has."""
        waits = self.effects_of(code)
        if not waits:
            return []
        mature = self.mature(code, list(waits), max(waits.values()))
        having = {effect: self.causes_with(code, effect) for effect in waits}
        within = {effect: causes[mature[causes]] for effect, causes in having.items()}
        ordered = sorted(waits, key=lambda effect: (-len(within[effect]), self.names[effect] or ""))
        groups: list[list[int]] = []
        taken: list[Flags] = []
        place = np.empty(len(self.time), dtype=np.int64)
        own = self._of_kind.members[self._of_kind.starts[code] : self._of_kind.starts[code + 1]]
        place[own] = np.arange(len(own))
        for effect in ordered:
            enough = len(within[effect]) >= min_alternative
            causes = place[within[effect]]
            home = next((at for at, having_one in enumerate(taken) if enough and not having_one[causes].any()), None)
            if home is None:
                home = len(groups)
                groups.append([])
                taken.append(np.zeros(len(own), dtype=np.bool_))
            groups[home].append(effect)
            taken[home][causes] = True
        found = []
        for group in groups:
            wait = max(waits[effect] for effect in group)
            old = self.mature(code, group, wait)
            done = np.unique(np.concatenate([having[effect] for effect in group]))
            count = int(np.count_nonzero(old))
            share = int(np.count_nonzero(old[done])) / count if count else 0.0
            if count >= min_n and share >= min_share:
                outcome = tuple(self.names[effect] for effect in group)
                found.append(OutcomeRule(self.names[code], outcome, share, wait, count))
        return found

    def broken(self, rule: OutcomeRule) -> tuple[Ints, int]:
        """Return the mature events without the outcome, and how many are too young to say."""
        if rule.event_type not in self.names:
            return np.zeros(0, dtype=np.int64), 0
        own, old, has = self.done(rule)
        return np.flatnonzero(old & ~has), len(own) - int(np.count_nonzero(old))

    def ages(self, rule: OutcomeRule, nodes: Ints) -> Ints:
        """Return how old events are at the end of the capture of the outcome's topics."""
        effects = [self.names.index(name) for name in rule.outcome if name in self.names]
        end = min((self._ends[effect] for effect in effects), default=self._ends[self.names.index(rule.event_type)])
        return int(end) - self.time[nodes]


def _ends(graph: CausalGraph, kind: Ints, width: int, end_us: int | Mapping[str, int] | None) -> list[int]:
    """Return by type when the capture of its topics ended; of several topics the first to end counts."""
    known = graph.time != NO_TIME
    last = int(graph.time[known].max()) if known.any() else NO_TIME
    if end_us is None or isinstance(end_us, int):
        return [last if end_us is None else end_us] * width
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


def _read_rules(text: str) -> list[OutcomeRule]:
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
