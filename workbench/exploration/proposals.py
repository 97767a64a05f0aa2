"""Proposes which fields of topics without a convention are event ids, causes, correlation ids, types and times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.exploration.fields import Field
    from workbench.exploration.joining import IdFields

_ID_NAMES = frozenset({"id", "eventid", "messageid", "uuid", "guid"})
_FLOW_NAMES = (("correl",), ("trace", "flow", "conversation", "request", "session", "saga", "process"))
_TYPE_NAMES = ("eventtype", "type", "event", "eventname", "kind", "action", "operation", "operationname", "status")
_TIME_NAMES = ("eventtime", "time", "timestamp", "occurredat", "at", "createdat", "created", "date", "dt", "ts")
_REPEATED, _LARGEST_GROUP = 0.3, 1_000
_MOST_TYPES, _MOSTLY = 50, 0.98


@dataclass(frozen=True, slots=True)
class Proposal:
    """One field of a convention that would fit a topic.

    Attributes:
        topic: The topic.
        field: ``event_id``, ``cause``, ``correlation_id``, ``event_type`` or ``event_time``.
        selector: Where the value is.
        matched: Share of the different values that occur in ``joins``; for an event id the share of different values;
            for type and time the share of records that have one.
        joins: Fields of this and other topics that have the same values, as ``topic value:path``.
        gains: Records of the sample that would have the field.
        examples: Values.
        reason: Why it is proposed.
    """

    topic: str
    field: str
    selector: str
    matched: float
    joins: tuple[str, ...]
    gains: int
    examples: tuple[str, ...]
    reason: str


def propose(ids: IdFields, fields: Mapping[str, Sequence[Field]], topics: Iterable[str]) -> list[Proposal]:
    """Propose fields for these topics; the ids of all topics count as causes."""
    chosen = _Ids(ids, list(fields))
    found: list[Proposal] = []
    for topic in topics:
        found += chosen.proposals(topic)
        for name, names, choose in (("event_type", _TYPE_NAMES, _is_type), ("event_time", _TIME_NAMES, _is_time)):
            named = [one for one in fields[topic] if _plain(one.name) in names and choose(one)]
            if named:
                best = min(named, key=lambda one: (one.depth, names.index(_plain(one.name))))
                share = best.present / max(1, best.records)
                found.append(
                    Proposal(topic, name, best.selector, share, (), best.present, best.examples, "by its name")
                )
    return found


class _Ids:
    """Chooses event id, cause and correlation id of each topic."""

    def __init__(self, ids: IdFields, topics: Sequence[str]) -> None:
        self._ids = ids
        self.event_id = {topic: number for topic in topics if (number := self._event_id(topic)) is not None}
        self.cause = {topic: number for topic in topics if (number := self._cause(topic)) is not None}
        self._flows = {target for number in self.cause.values() if (target := self._target(number)) is not None}
        self._starts = {number for number in self._flows if self._ids.fields[number].topic not in self.cause}

    def proposals(self, topic: str) -> list[Proposal]:
        """Write what was chosen for a topic."""
        found: list[Proposal] = []
        own = self.event_id.get(topic)
        if own is not None:
            one = self._ids.fields[own]
            found.append(self._proposal(own, "event_id", (), one.distinct / one.present, "each record has another"))
        cause = self.cause.get(topic)
        if cause is not None and (target := self._target(cause)) is not None:
            match = self._ids.matches[cause, target]
            share = match.shared / self._ids.fields[cause].distinct
            proposed = self._proposal(cause, "cause", (target,), share, "holds the event id of an earlier record")
            found.append(replace(proposed, gains=match.uses))
        flow = self._correlation(topic)
        if flow is not None:
            number, joined, reason = flow
            distinct = self._ids.fields[number].distinct
            share = max((self._ids.matches[number, one].shared for one in joined), default=distinct) / distinct
            found.append(self._proposal(number, "correlation_id", joined, share, reason))
        return found

    def _event_id(self, topic: str) -> int | None:
        ids = self._ids
        unique = [number for number in ids.of_topic(topic) if ids.unique(number)]
        own = [number for number in unique if not self._of_another_topic(number)]
        return min(own, key=self._id_rank, default=None)

    def _of_another_topic(self, number: int) -> bool:
        """Whether the ids of a field are those of another topic, which had them first."""
        ids, topic = self._ids, self._ids.fields[number].topic
        for other, one in enumerate(ids.fields):
            if one.topic == topic or not ids.refers(number, other):
                continue
            if not ids.refers(other, number) or self._claim(other, number) > self._claim(number, other):
                return True
        return False

    def _claim(self, number: int, other: int) -> tuple[bool, float, str]:
        """Rank two fields that have the same ids at the same time: the one that is named like its topic owns them."""
        mean = self._ids.matches[other, number].mean_ms
        return _is_named_like(self._ids.fields[number]), -mean, self._ids.fields[number].topic

    def _id_rank(self, number: int) -> tuple[bool, int, int, str]:
        one = self._ids.fields[number]
        rank = 0 if _plain(one.name) in _ID_NAMES else 1 if _is_named_like(one) else 2
        return one.present < _MOSTLY * one.records, rank, one.depth, one.selector

    def _cause(self, topic: str) -> int | None:
        own = self.event_id.get(topic)
        named = [
            number
            for number in self._ids.of_topic(topic)
            if number != own and self._target(number) is not None and not self._names_itself(number, own)
        ]
        # Of several earlier events the latest is the nearest cause.
        return max(named, key=self._cause_time, default=None)

    def _cause_time(self, number: int) -> float:
        target = self._target(number)
        return 0.0 if target is None else self._ids.matches[number, target].mean_ms

    def _target(self, number: int) -> int | None:
        """Return the event id field whose values a field holds."""
        targets = [target for target in self.event_id.values() if target != number and self._ids.refers(number, target)]
        return max(targets, key=lambda target: self._ids.matches[number, target].shared, default=None)

    def _names_itself(self, number: int, own: int | None) -> bool:
        """Whether the first event of a flow has its own id here, as correlation ids do and causes do not."""
        return own is not None and self._ids.same.get((number, own), 0) > 0

    def _correlation(self, topic: str) -> tuple[int, tuple[int, ...], str] | None:
        candidates = [
            (self._flow_rank(number, joined), number, joined)
            for number in self._ids.of_topic(topic)
            if number not in {self.cause.get(topic), self.event_id.get(topic)}
            and self._repeats(number, joined := self._joined(number))
        ]
        if candidates:
            _, number, joined = max(candidates)
            return number, joined, "its values occur in several records" + (" and topics" if joined else "")
        # Without an id of the whole flow, the id of its first event names it.
        own = self.event_id.get(topic)
        if own is not None and own in self._starts:
            return own, self._joined(own), "later records name this event, and nothing before it"
        for number in self._ids.of_topic(topic):
            if any(self._ids.refers(number, start) for start in self._starts):
                return number, self._joined(number), "names the first event of the flow"
        return None

    def _joined(self, number: int) -> tuple[int, ...]:
        """Return the fields of other topics that have the same values, the best match of each topic."""
        best: dict[str, tuple[int, int]] = {}
        mine = self._ids.fields[number]
        for (left, right), match in self._ids.matches.items():
            other = self._ids.fields[right]
            if left != number or other.topic == mine.topic:
                continue
            if match.shared >= _REPEATED * min(mine.distinct, other.distinct):
                best[other.topic] = max(best.get(other.topic, (0, 0)), (match.shared, right))
        return tuple(right for _, right in sorted(best.values(), reverse=True))

    def _repeats(self, number: int, joined: Sequence[int]) -> bool:
        """Whether values occur in other topics, or several times in this one under a name that says what they are."""
        mine = self._ids.fields[number]
        if not joined:
            several = (1 + _REPEATED) * mine.distinct <= mine.present <= _LARGEST_GROUP * mine.distinct
            return several and self._named(number) > 0
        records = mine.present + sum(self._ids.matches[other, number].uses for other in joined)
        shared = max(self._ids.matches[number, other].shared for other in joined)
        return shared >= _REPEATED * mine.distinct and records <= _LARGEST_GROUP * mine.distinct

    def _flow_rank(self, number: int, joined: Sequence[int]) -> tuple[int, int, int]:
        return len(joined), self._named(number), self._ids.fields[number].present

    def _named(self, number: int) -> int:
        """Rank the name of a field: 2 for a correlation, 1 for another word of a flow, else 0."""
        name = _plain(self._ids.fields[number].name)
        return next((len(_FLOW_NAMES) - n for n, words in enumerate(_FLOW_NAMES) if any(w in name for w in words)), 0)

    def _proposal(self, number: int, field: str, joined: Sequence[int], matched: float, reason: str) -> Proposal:
        one = self._ids.fields[number]
        joins = tuple(f"{self._ids.fields[other].topic} {self._ids.fields[other].selector}" for other in joined)
        return Proposal(one.topic, field, one.selector, matched, joins, one.present, one.examples, reason)


def _is_type(one: Field) -> bool:
    return one.type == "text" and one.distinct <= _MOST_TYPES and one.present >= _MOSTLY * one.records


def _is_time(one: Field) -> bool:
    return one.type == "time" and one.present >= _MOSTLY * one.records


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_named_like(one: Field) -> bool:
    """Whether ``orderId`` is a field of a topic of orders."""
    stem = re.sub(r"(?:id|uuid|key|no|number)$", "", _plain(one.name))
    return len(stem) > 1 and stem in _plain(one.topic)
