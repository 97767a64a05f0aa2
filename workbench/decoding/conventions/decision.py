"""Decides which convention a record follows, and where each field of its envelope is (identity only).

Detection, precedence, filling, causes, roots and disagreements are decided by asking `RecordFacts`; reading the values
that a `Decision` points at is left to `workbench.decoding.record`. `workbench.decoding.native.decision` is the same in
compiled form: a change of one is a change of both, which tests on generated records compare.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.decoding.conventions.convention import ID_FIELDS, TEXT_FIELDS, TIME_FIELDS, VALUE_FIELDS
from workbench.decoding.conventions.facts import CE_MARK, CE_TRACEPARENT, Place, resolve
from workbench.decoding.conventions.selectors import CE_PREFIX, Condition, Selector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.decoding.conventions.convention import Convention, TopicConvention, TraceHeaders
    from workbench.decoding.conventions.facts import RecordFacts
    from workbench.decoding.conventions.record_headers import Pick
    from workbench.model.events.envelope import CauseState, CauseTarget, IdScope

SHAPE_STRENGTH = 2
"""From this strength on a match is evidence: it may fill causes, and a difference from it is reported."""
FILLED_FIELDS = ("correlation_id", "event_type", "source", "event_time")
_IDENTITY_FIELDS = ("event_id", "correlation_id")
_CE_REPEATED = ("event_id", "correlation_id", "event_type", "source")


@dataclass(frozen=True, slots=True)
class CausePlace:
    """A cause that was found, not yet read."""

    target: CauseTarget
    place: Place
    rank: int


@dataclass(slots=True)
class Decision:
    """Identity of a record."""

    convention: Convention | None = None
    also_matched: tuple[str, ...] = ()
    dialect: str | None = None
    id_scope: IdScope = "global"
    places: dict[str, Place] = field(default_factory=dict)
    """Place of each field of `VALUE_FIELDS`; a time that cannot be parsed is left out."""
    time_parsers: dict[str, str] = field(default_factory=dict)
    link_ids: list[Place] = field(default_factory=list)
    causes: list[CausePlace] = field(default_factory=list)
    cause_state: CauseState = "unknown"
    problems: set[str] = field(default_factory=set)
    trace_headers: tuple[TraceHeaders, ...] = ()
    """Trace headers of the conventions that match, in order of precedence."""
    trace_places: list[Place] = field(default_factory=list)
    """Places of W3C trace parents beside the headers that are always read."""


def decide(facts: RecordFacts, conventions: Sequence[Convention], fixed: TopicConvention | None = None) -> Decision:
    """Decide the identity of what ``facts`` is about. Conventions are in order of precedence for equal strength."""
    matches = matching_conventions(facts, conventions)
    winner = _winner(matches, conventions, fixed)
    decision = Decision()
    if (
        fixed is not None
        and not facts.has_body
        and any(p.reads_value for p in conventions if p.name == fixed.convention)
    ):
        decision.problems.add("value_not_json")
    if winner is None:
        return decision
    others = [convention for convention in matches if convention is not winner]
    decision.convention = winner
    decision.also_matched = tuple(convention.name for convention in others)
    decision.dialect = _dialect(winner, facts)
    decision.trace_headers = _trace_headers(winner, others)
    decision.id_scope = winner.id_scope
    _read_fields(decision, winner, facts)
    _fill_fields(decision, winner, others, facts)
    for slot in cause_slots(facts, winner):
        decision.problems.update(fault for cause in slot for fault in facts.reading_faults(cause.place))
    self_caused = _read_causes(decision, winner, facts)
    _decide_state(decision, winner, facts, self_caused=self_caused)
    _fill_causes(decision, others, facts)
    _report(decision, winner, others, facts)
    if any(convention.family == "cloudevents" for convention in matches):
        decision.trace_places[:0] = _places(facts, winner, (CE_TRACEPARENT,))
    return decision


def matching_conventions(facts: RecordFacts, conventions: Sequence[Convention]) -> list[Convention]:
    """Return the conventions whose conditions hold, strongest first; of variants of one name only the first."""
    found: dict[str, Convention] = {}
    # Those that give way to another are asked last, so that they need not be asked at all where it has matched.
    for convention in sorted(conventions, key=lambda convention: convention.code.unless is not None):
        if convention.name in found or convention.code.unless in found:
            continue
        if _matches(convention, facts):
            found[convention.name] = convention
    order = {id(convention): at for at, convention in enumerate(conventions)}
    return sorted(found.values(), key=lambda convention: (-convention.strength, order[id(convention)]))


def _trace_headers(winner: Convention, others: Sequence[Convention]) -> tuple[TraceHeaders, ...]:
    matched = [convention.code.trace for convention in others]
    also = [trace for trace in matched if trace is not None and trace.where_matched]
    return (*also, *(() if winner.code.trace is None else (winner.code.trace,)))


def _matches(convention: Convention, facts: RecordFacts) -> bool:
    return all(any(_holds(facts, c, convention.pick) for c in group) for group in convention.all) and not any(
        _holds(facts, condition, convention.pick) for condition in convention.none
    )


def _holds(facts: RecordFacts, condition: Condition, pick: Pick) -> bool:
    selector = resolve(condition.selector, facts)
    return selector is not None and facts.holds(Condition(selector, condition.pattern, condition.test), pick)


def _winner(
    matches: list[Convention], conventions: Sequence[Convention], fixed: TopicConvention | None
) -> Convention | None:
    if fixed is not None:
        named = [convention for convention in matches if convention.name == fixed.convention]
        if not named and fixed.force:
            named = [convention for convention in conventions if convention.name == fixed.convention][-1:]
        if named:
            return named[0]
    return matches[0] if matches else None


def _dialect(winner: Convention, facts: RecordFacts) -> str | None:
    if winner.dialect is not None:
        return winner.dialect
    if winner.family == "cloudevents":
        return facts.ce_mode
    return winner.code.dialect


def _places(facts: RecordFacts, convention: Convention, selectors: Sequence[Selector]) -> Iterator[Place]:
    for selector in selectors:
        resolved = resolve(selector, facts)
        if resolved is not None:
            for index in range(facts.count(resolved, convention.pick)):
                yield Place(resolved, selector.text, convention.pick, index)


def _field(facts: RecordFacts, convention: Convention, name: str, traces: list[Place] | None = None) -> Place | None:
    """Return the first place of a field with a value that means what the field means.

    Ids that stand for no value are passed over. A whole trace parent is no correlation id, because it is another one at
    each hop: such places are added to ``traces``.
    """
    for place in _places(facts, convention, convention.fields.get(name, ())):
        if name in ID_FIELDS and facts.is_id_among(place, convention.no_ids):
            continue
        if name == "correlation_id" and facts.is_traceparent(place):
            if traces is not None:
                traces.append(place)
            continue
        return place
    return None


def _first_id(facts: RecordFacts, convention: Convention, selectors: Sequence[Selector]) -> Place | None:
    places = _places(facts, convention, selectors)
    return next((place for place in places if not facts.is_id_among(place, convention.no_ids)), None)


def _read_fields(decision: Decision, winner: Convention, facts: RecordFacts) -> None:
    for name in VALUE_FIELDS:
        place = _field(facts, winner, name, decision.trace_places)
        if place is None:
            continue
        decision.problems.update(facts.reading_faults(place))
        if name in TIME_FIELDS:
            faults = facts.time_faults(place, winner.time)
            decision.problems.update(f"bad_time:{name}" if fault == "bad_time" else fault for fault in faults)
            if "bad_time" in faults:
                continue
            decision.time_parsers[name] = winner.time
        decision.places[name] = place
    correlation = decision.places.get("correlation_id")
    if correlation is not None and _several(facts, correlation):
        decision.problems.add("several_correlations")
    link = _first_id(facts, winner, winner.link_ids)
    if link is not None:
        decision.link_ids.append(link)
        decision.problems.update(facts.reading_faults(link))
    if winner.code.linked_header is not None:
        _link_second_id(decision, winner, winner.code.linked_header, facts)


def _several(facts: RecordFacts, place: Place) -> bool:
    # Values before the chosen one were passed over as whole trace parents.
    total = facts.count(place.selector, place.pick)
    rest = [Place(place.selector, place.via, place.pick, index) for index in range(place.index + 1, total)]
    return any(not facts.same(place, other, ids=True) for other in rest)


def _link_second_id(decision: Decision, winner: Convention, header: Selector, facts: RecordFacts) -> None:
    """Keep a second id of the event under which others may name it as their cause."""
    first = decision.places.get("event_id")
    if first is None or first.selector == header or not facts.count(header, "last"):
        return
    second = Place(header, header.text)
    if not facts.is_id_among(second, winner.no_ids) and not facts.same(first, second, ids=True):
        decision.link_ids.append(second)


def _fill_fields(decision: Decision, winner: Convention, others: list[Convention], facts: RecordFacts) -> None:
    wanted = [name for name in FILLED_FIELDS if f"bad_time:{name}" not in decision.problems]
    if not winner.fields.get("event_id"):
        wanted.append("event_id")
    for name in wanted:
        for other in others:
            if name in decision.places:
                break
            place = _field(facts, other, name, decision.trace_places)
            if place is None or (name in TIME_FIELDS and "bad_time" in facts.time_faults(place, other.time)):
                continue
            decision.places[name] = place
            if name in TIME_FIELDS:
                decision.time_parsers[name] = other.time
                decision.problems.update(facts.time_faults(place, other.time))
            if name == "event_id":
                decision.id_scope = other.id_scope


def cause_slots(facts: RecordFacts, convention: Convention) -> list[list[CausePlace]]:
    """Return the causes of each slot that has some, in order; ``auto`` targets are decided, ranks are not."""
    slots: list[list[CausePlace]] = []
    for slot in convention.causes:
        found: list[CausePlace] = []
        for cause in slot:
            selector = resolve(cause.selector, facts)
            total = 0 if selector is None else facts.count(selector, convention.pick)
            for index in range(total):
                place = Place(selector, cause.selector.text, convention.pick, index)  # type: ignore[arg-type]
                if facts.is_id_among(place, convention.no_causes):
                    continue
                target = cause.target
                if target == "auto":
                    target = "span" if facts.is_span(place) else "event_id"
                found.append(CausePlace(target, place, 0))  # type: ignore[arg-type]  # checked by the parser
        if found:
            slots.append(found)
    return slots


def _read_causes(decision: Decision, convention: Convention, facts: RecordFacts) -> bool:
    """Rank the causes of a convention, without repetitions; return whether one of them was the event itself."""
    own = decision.places.get("event_id")
    kept: list[CausePlace] = []
    self_caused = False
    rank = 0
    for slot in cause_slots(facts, convention):
        added = False
        for cause in slot:
            if own is not None and cause.target == "event_id" and facts.same(own, cause.place, ids=True):
                self_caused = True
            elif not any(c.target == cause.target and facts.same(c.place, cause.place, ids=True) for c in kept):
                kept.append(CausePlace(cause.target, cause.place, rank))
                added = True
        rank += added
    decision.causes.extend(kept)
    if self_caused:
        decision.problems.add("self_cause")
    return self_caused


def _decide_state(decision: Decision, winner: Convention, facts: RecordFacts, *, self_caused: bool) -> None:
    rule = winner.root
    named = None if rule.selector is None else _first_id(facts, winner, (rule.selector,))
    own = decision.places.get("event_id")
    if decision.causes:
        decision.cause_state = "declared"
    elif rule.kind == "equal":
        if self_caused or (named is not None and own is not None and facts.same(own, named, ids=True)):
            decision.cause_state = "root"
    elif self_caused or (rule.kind == "null_cause" and (rule.selector is None or named is not None)):
        decision.cause_state = "root"


def _fill_causes(decision: Decision, others: list[Convention], facts: RecordFacts) -> None:
    for other in others:
        if decision.cause_state != "unknown" or other.strength < SHAPE_STRENGTH:
            return
        self_caused = _read_causes(decision, other, facts)
        if decision.causes or self_caused:
            decision.cause_state = "declared" if decision.causes else "root"


def _report(decision: Decision, winner: Convention, others: list[Convention], facts: RecordFacts) -> None:
    problems = decision.problems
    ambiguous = winner.ambiguous_if
    if ambiguous is not None and _holds(facts, ambiguous, winner.pick):
        problems.add("ambiguous_convention")
    named = (resolve(selector, facts) for selector in winner.selectors())
    problems.update(facts.header_faults(tuple({s: None for s in named if s is not None}), winner.pick))
    for other in others:
        if other.strength >= SHAPE_STRENGTH and other.family != winner.family:
            _compare(decision, other, facts)
    for name, header in _repeated(decision, winner, facts).items():
        place = Place(header, header.text)
        if not facts.count(header, "last") or (name not in TEXT_FIELDS and facts.is_id_among(place, winner.no_causes)):
            continue
        if _differs(decision, name, place, facts):
            problems.add(f"disagreement:{name}")
    if winner.family == "cloudevents" and facts.ce_mode == "binary" and facts.ce_prefix != CE_PREFIX:
        problems.add(f"unusual_spelling:{facts.ce_prefix}{CE_MARK}")
    if winner.code.uuids_only:
        _check_uuids(decision, facts)


def _compare(decision: Decision, other: Convention, facts: RecordFacts) -> None:
    """Report ids and causes of another match that differ from the winner's."""
    for name in _IDENTITY_FIELDS:
        mine, theirs = decision.places.get(name), _field(facts, other, name)
        if mine is not None and theirs is not None and not facts.same(mine, theirs, ids=True):
            decision.problems.add(f"disagreement:{name}")
    own = [cause.place for cause in decision.causes if cause.rank == 0]
    foreign = [cause.place for cause in next(iter(cause_slots(facts, other)), [])]
    if own and foreign and not (_covers(facts, own, foreign) and _covers(facts, foreign, own)):
        decision.problems.add("disagreement:cause")


def _covers(facts: RecordFacts, places: list[Place], values: list[Place]) -> bool:
    return all(any(facts.same(place, value, ids=True) for place in places) for value in values)


def _repeated(decision: Decision, winner: Convention, facts: RecordFacts) -> Mapping[str, Selector]:
    """Return the headers that repeat what the body says, by field."""
    if winner.code.repeated:
        return {
            name: Selector("header", header)
            for name, header in winner.code.repeated.items()
            if name == "cause" or _in_body(decision.places.get(name))
        }
    if winner.family != "cloudevents" or facts.ce_mode != "structured":
        return {}
    headers = {
        name: Selector("ce", place.selector.path).in_header(facts.ce_prefix)
        for name in _CE_REPEATED
        if (place := decision.places.get(name)) is not None and place.via.startswith("ce:")
    }
    causes = [cause.selector for slot in winner.causes for cause in slot if cause.selector.source == "ce"]
    return {**headers, "cause": causes[0].in_header(facts.ce_prefix)} if causes else headers


def _in_body(place: Place | None) -> bool:
    return place is not None and place.selector.source == "value"


def _differs(decision: Decision, name: str, header: Place, facts: RecordFacts) -> bool:
    if name == "cause":
        named = [cause.place for cause in decision.causes if cause.rank == 0]
        if "self_cause" in decision.problems:
            named.append(decision.places["event_id"])
        return decision.cause_state != "unknown" and not any(facts.same(place, header, ids=True) for place in named)
    return not facts.same(decision.places[name], header, ids=name not in TEXT_FIELDS)


def _check_uuids(decision: Decision, facts: RecordFacts) -> None:
    """Report the ids that the convention's own readers would replace by random ones."""
    checked = [(name, decision.places[name]) for name in _IDENTITY_FIELDS if name in decision.places]
    checked += [("link_ids", place) for place in decision.link_ids]
    checked += [("cause", cause.place) for cause in decision.causes if cause.target == "event_id"]
    decision.problems.update(f"not_uuid:{name}" for name, place in checked if not facts.is_uuid(place))
