"""Decodes one record to its envelope. It is slow and easy to read; the compiled decoder must give the same results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.convention import ID_FIELDS, NO_CODE, TIME_FIELDS
from workbench.decoding.conventions.dead_letter_body import read_letter
from workbench.decoding.conventions.decision import Decision, decide
from workbench.decoding.conventions.facts import RecordFacts
from workbench.decoding.conventions.provenance import read_provenance
from workbench.decoding.conventions.registry import builtin_conventions
from workbench.decoding.conventions.trace_context import read_trace
from workbench.decoding.formats.registry import WITHOUT_SCHEMAS, registered_formats
from workbench.decoding.ids import span_of
from workbench.model.events.envelope import Cause, Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.decoding.conventions.convention import Convention, ConventionCode, TopicConvention
    from workbench.decoding.conventions.dead_letter_body import DeadLetter
    from workbench.decoding.formats.choice import Choices
    from workbench.decoding.formats.format import Format
    from workbench.model.events.envelope import Origin
    from workbench.model.records.record import HeaderList, Record


def decode_record(
    record: Record,
    conventions: Sequence[Convention] | None = None,
    topic_conventions: Mapping[str, TopicConvention] | None = None,
    *,
    formats: Sequence[Format] | None = None,
    choices: Choices = WITHOUT_SCHEMAS,
) -> Envelope:
    """Normalise one record. Whatever cannot be read becomes a problem code, never an exception.

    Args:
        record: The raw record.
        conventions: Conventions in order of precedence for equal strength; the built-in ones unless given.
        topic_conventions: Conventions that a person fixed, by topic name.
        formats: Formats of values in order of precedence; the registered and built-in ones unless given.
        choices: Schemas and formats of topics, by which bytes are read (`workbench.decoding.Decoder.choices`).
    """
    fixed = (topic_conventions or {}).get(record.topic)
    envelope = decode_parts(
        record.topic, record.headers, record.value, conventions, fixed, formats=formats, choices=choices
    )
    return replace(envelope, decoded_key=choices.read_key(record.key))


def decode_parts(
    topic: str,
    headers: HeaderList,
    value: bytes | None,
    conventions: Sequence[Convention] | None = None,
    fixed: TopicConvention | None = None,
    *,
    formats: Sequence[Format] | None = None,
    choices: Choices = WITHOUT_SCHEMAS,
) -> Envelope:
    """Decode a record that is given by its parts; see `decode_record`."""
    facts, decision = decide_parts(topic, headers, value, conventions, fixed, formats=formats, choices=choices)
    envelope = _materialise(decision, facts, tombstone=value is None)
    problems = {*envelope.problems, *facts.read.problems}
    if facts.headers.bad_names:
        problems.add("header_name_not_utf8")
    trace, faults = read_trace(facts.headers, decision.trace_headers, facts.trace_texts(decision.trace_places))
    code = NO_CODE if decision.convention is None else decision.convention.code
    letter = _dead_letter(envelope, code, facts.body)
    envelope = _add_provenance(envelope, letter, facts, problems | faults)
    read = facts.read
    if facts.headers.amqp_names:
        encoded = (f"amqp_encoded:{name}" for name in facts.headers.amqp_names)
        envelope = replace(envelope, problems=tuple(sorted({*envelope.problems, *encoded})))
    found = {"format": read.format, "damage": read.damage, "raw_reason": read.raw_reason, "decoded": read.decoded}
    return replace(envelope, trace=trace, unread=read.reasons, **found)  # type: ignore[arg-type]  # each of its field's type


def decide_parts(
    topic: str,
    headers: HeaderList,
    value: bytes | None,
    conventions: Sequence[Convention] | None = None,
    fixed: TopicConvention | None = None,
    *,
    formats: Sequence[Format] | None = None,
    choices: Choices = WITHOUT_SCHEMAS,
) -> tuple[RecordFacts, Decision]:
    """Decide which convention a record follows and where its fields are, without reading them; see `decode_record`."""
    facts = RecordFacts(topic, headers, value, registered_formats() if formats is None else formats, choices)
    known = builtin_conventions() if conventions is None else conventions
    names, members = facts.headers.names, facts.member_names
    possible = [p for p in known if p.may_match(names, members) or (fixed is not None and p.name == fixed.convention)]
    return facts, decide(facts, possible, fixed)


def _materialise(decision: Decision, facts: RecordFacts, *, tombstone: bool) -> Envelope:
    values: dict[str, Any] = {}
    for name, place in decision.places.items():
        if name in TIME_FIELDS:
            values[name] = facts.time(place, decision.time_parsers[name]).micros
        else:
            values[name] = facts.id(place) if name in ID_FIELDS else facts.text(place)
    convention = decision.convention
    return Envelope(
        convention=None if convention is None else convention.name,
        convention_version=None if convention is None else convention.version,
        also_matched=decision.also_matched,
        dialect=decision.dialect,
        id_scope=decision.id_scope,
        link_ids=tuple(text for place in decision.link_ids if (text := facts.id(place)) is not None),
        causes=_causes(decision, facts),
        cause_state=decision.cause_state,
        tombstone=tombstone,
        problems=tuple(sorted(decision.problems)),
        via={name: place.via for name, place in decision.places.items()},
        **values,
    )


def _causes(decision: Decision, facts: RecordFacts) -> tuple[Cause, ...]:
    causes: list[Cause] = []
    for cause in decision.causes:
        value = span_of(facts.text(cause.place) or "") if cause.target == "span" else None
        value = value or facts.id(cause.place)
        if value is not None:
            causes.append(Cause(cause.target, value, cause.place.via, cause.rank))
    return tuple(causes)


def _dead_letter(envelope: Envelope, code: ConventionCode, body: object) -> DeadLetter | None:
    hook = code.dead_letters
    shape = None if hook is None else hook.shape_of(envelope.dialect, envelope.event_type)
    return read_letter(shape, body) if shape is not None and isinstance(body, dict) else None


def _add_provenance(envelope: Envelope, letter: DeadLetter | None, facts: RecordFacts, problems: set[str]) -> Envelope:
    provenance = read_provenance(facts.headers, None if letter is None else letter.found)
    problems |= provenance.problems
    if letter is not None:
        problems |= letter.found.problems
        if letter.inner_correlation and envelope.correlation_id not in (None, letter.inner_correlation):
            problems.add("disagreement:correlation_id")
    causes = _with_position(envelope.causes, provenance.origin, letter)
    return replace(
        envelope,
        origin=provenance.origin,
        error=provenance.error,
        replay=provenance.replay,
        request_id=envelope.request_id or provenance.request_id,
        origin_root=None if letter is None else letter.root,
        dlq_depth=None if letter is None else letter.depth,
        causes=causes,
        cause_state="declared" if causes and envelope.cause_state == "unknown" else envelope.cause_state,
        problems=tuple(sorted(problems)),
    )


def _with_position(causes: tuple[Cause, ...], origin: Origin | None, letter: DeadLetter | None) -> tuple[Cause, ...]:
    """Add the original as a cause by its position: before the declared causes where the dead letter asks for it."""
    position = (
        None if origin is None or origin.position is None else Cause("position", origin.position, origin.via or "")
    )
    if letter is not None and letter.position_first:
        ahead = [cause for cause in (position, letter.original) if cause is not None]
        ahead = [replace(cause, rank=rank) for rank, cause in enumerate(ahead)]
        return (*ahead, *(replace(cause, rank=cause.rank + len(ahead)) for cause in causes))
    if position is None:
        return causes
    return (*causes, replace(position, rank=max((cause.rank + 1 for cause in causes), default=0)))
