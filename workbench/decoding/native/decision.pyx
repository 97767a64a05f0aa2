# cython: language_level=3, boundscheck=False, wraparound=False
"""Decides which convention a record follows, and where each field of its envelope is.

The order of the steps is the order in which their results are needed: what the winner reads, what others fill in, and
at last what is reported about both.
"""

from libc.stdint cimport int32_t

from workbench.decoding.native.causes cimport fill_causes, read_causes
from workbench.decoding.native.facts cimport Facts, Place, resolved
from workbench.decoding.native.fields cimport fill_fields, read_fields
from workbench.decoding.native.problems cimport add_word
from workbench.decoding.native.program cimport FIELDS, Convention, Program, text_of
from workbench.decoding.native.reports cimport report
from workbench.decoding.native.values cimport Value, nothing


cdef int decide(
    Facts facts, Decision* decision, const Fixed* fixed, const int32_t* candidates, int32_t count
) except -1 nogil:
    """Decide about the record at hand.

    Args:
        facts: The record.
        decision: Becomes the decision.
        fixed: The convention that a person fixed for the topic.
        candidates: Numbers of the conventions that may match, those that give way to another one last.
        count: How many those are.
    """
    cdef const Convention* winner
    cdef int field
    decision.match_count = decision.link_count = decision.trace_rule_count = decision.trace_place_count = 0
    # Problems of reading the value are noted already.
    decision.causes.count = 0
    decision.cause_state = 0
    decision.self_caused = False
    decision.convention = -1
    decision.dialect = nothing()
    decision.scope = facts.program.words.global_scope
    if fixed.name >= 0 and fixed.reads_value and not facts.has_body:
        add_word(&decision.problems, b"value_not_json")
    if count:
        _match(facts, decision, candidates, count)
    decision.convention = _winner(facts.program, decision, fixed)
    if decision.convention < 0:
        for field in range(FIELDS):
            decision.fields[field].there = False
        return 0
    winner = facts.program.conventions + decision.convention
    _see_dialect(facts, decision, winner)
    _see_trace_rules(facts.program, decision, winner)
    decision.scope = winner.scope
    read_fields(facts, decision, winner)
    fill_fields(facts, decision, winner)
    read_causes(facts, decision, winner)
    fill_causes(facts, decision)
    report(facts, decision, winner)
    _see_ce_trace(facts, decision, winner)
    return 0


cdef int _match(Facts facts, Decision* decision, const int32_t* candidates, int32_t count) except -1 nogil:
    """Find the conventions whose conditions hold, the strongest first; of variants of one name only the first."""
    cdef const Convention* convention
    cdef int32_t at
    for at in range(count):
        convention = facts.program.conventions + candidates[at]
        if decision.match_count == MOST_MATCHES:
            break
        if _is_found(facts.program, decision, convention.name) or (
            convention.unless >= 0 and _is_found(facts.program, decision, convention.unless)
        ):
            continue
        if _matches(facts, convention):
            _insert(facts.program, decision, candidates[at])
    return 0


cdef bint _is_found(Program program, const Decision* decision, int32_t name) noexcept nogil:
    cdef int32_t at
    for at in range(decision.match_count):
        if program.conventions[decision.matches[at]].name == name:
            return True
    return False


cdef void _insert(Program program, Decision* decision, int32_t number) noexcept nogil:
    """Put a match to its place: by strength, then by the order of the conventions."""
    cdef int32_t at = decision.match_count, strength = program.conventions[number].strength, other
    while at:
        other = decision.matches[at - 1]
        if program.conventions[other].strength > strength:
            break
        if program.conventions[other].strength == strength and other < number:
            break
        decision.matches[at] = other
        at -= 1
    decision.matches[at] = number
    decision.match_count += 1


cdef bint _matches(Facts facts, const Convention* convention) except -1 nogil:
    cdef int32_t pair, at
    cdef bint held
    for pair in range(convention.groups_from, convention.groups_to, 2):
        held = False
        for at in range(facts.program.lists[pair], facts.program.lists[pair + 1]):
            if facts.holds(facts.program.conditions + at, convention.pick_first):
                held = True
                break
        if not held:
            return False
    for at in range(convention.none_from, convention.none_to):
        if facts.holds(facts.program.conditions + at, convention.pick_first):
            return False
    return True


cdef int32_t _winner(Program program, const Decision* decision, const Fixed* fixed) noexcept nogil:
    cdef int32_t at
    if fixed.name >= 0:
        for at in range(decision.match_count):
            if program.conventions[decision.matches[at]].name == fixed.name:
                return decision.matches[at]
        if fixed.force:
            # The last variant: it has the fewest conditions.
            for at in range(<int32_t>program.convention_count - 1, -1, -1):
                if program.conventions[at].name == fixed.name:
                    return at
    return decision.matches[0] if decision.match_count else -1


cdef void _see_dialect(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    if winner.dialect >= 0:
        decision.dialect = text_of(facts.program, winner.dialect)
    elif winner.is_cloudevents:
        if facts.structured:
            decision.dialect = Value(<const unsigned char*>"structured", 10, True)
        elif facts.mode:
            decision.dialect = Value(<const unsigned char*>"binary", 6, True)
    elif winner.code_dialect >= 0:
        decision.dialect = text_of(facts.program, winner.code_dialect)


cdef void _see_trace_rules(Program program, Decision* decision, const Convention* winner) noexcept nogil:
    """Collect the headers of a trace context that only conventions that match read."""
    cdef int32_t at
    cdef const Convention* other
    for at in range(decision.match_count):
        other = program.conventions + decision.matches[at]
        if other != winner and other.trace >= 0 and other.trace_where_matched:
            decision.trace_rules[decision.trace_rule_count] = other.trace
            decision.trace_rule_count += 1
    if winner.trace >= 0 and decision.trace_rule_count < MOST_MATCHES:
        decision.trace_rules[decision.trace_rule_count] = winner.trace
        decision.trace_rule_count += 1


cdef void _see_ce_trace(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Put the extension of CloudEvents that carries a trace parent before other places of one."""
    cdef int32_t at, place = facts.program.words.ce_traceparent, selector
    cdef Value value
    cdef bint cloudevents = False
    for at in range(decision.match_count):
        cloudevents |= facts.program.conventions[decision.matches[at]].is_cloudevents
    selector = resolved(facts, place) if cloudevents else -1
    if selector < 0 or not facts.raw(selector, winner.pick_first, 0, &value):
        return
    for at in range(decision.trace_place_count, 0, -1):
        decision.trace_places[at] = decision.trace_places[at - 1]
    decision.trace_places[0] = Place(selector, place, winner.pick_first, 0)
    decision.trace_place_count += 1
