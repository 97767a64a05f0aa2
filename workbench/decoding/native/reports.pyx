# cython: language_level=3, boundscheck=False, wraparound=False
"""Reports what a record says twice and differently, and headers that cannot be used."""

from libc.stdint cimport int32_t, int64_t

from workbench.buffers.slices cimport is_null
from workbench.decoding.native.causes cimport find_causes
from workbench.decoding.native.decision cimport UNKNOWN, Decision, Found
from workbench.decoding.native.facts cimport Facts, Place, resolved
from workbench.decoding.native.fields cimport find_field
from workbench.decoding.native.ids cimport is_uuid_like
from workbench.decoding.native.problems cimport add, add_about, add_word
from workbench.decoding.native.program cimport (
    EVENT_ID,
    FOLDED,
    F_CORRELATION_ID,
    F_EVENT_ID,
    F_EVENT_TYPE,
    F_SOURCE,
    HEADER,
    MEMBER,
    MODES,
    Convention,
    Selector,
    text_of,
)
from workbench.decoding.native.values cimport Value, equal

cdef enum:
    _SHAPE_STRENGTH = 2
    _CAUSE = -1  # in the place of a field

# Fields that CloudEvents may repeat in the headers of structured events.
cdef int* _CE_REPEATED = [F_EVENT_ID, F_CORRELATION_ID, F_EVENT_TYPE, F_SOURCE]


cdef int report(Facts facts, Decision* decision, const Convention* winner) except -1 nogil:
    cdef int at
    cdef const Convention* other
    if winner.ambiguous >= 0 and facts.holds(facts.program.conditions + winner.ambiguous, winner.pick_first):
        add_word(&decision.problems, b"ambiguous_convention")
    # Most records have no such header, and the winner may name many.
    if facts.touched_count and (facts.has_doubled or facts.has_hollow):
        _report_headers(facts, decision, winner)
    for at in range(decision.match_count):
        other = facts.program.conventions + decision.matches[at]
        if decision.matches[at] != decision.convention and other.strength >= _SHAPE_STRENGTH:
            if other.family != winner.family:
                _compare(facts, decision, other)
    if facts.touched_count:
        _report_repeated(facts, decision, winner)
    if winner.is_cloudevents and facts.mode and not facts.structured and facts.prefix:
        add(&decision.problems, text_of(facts.program, facts.program.words.unusual_spellings[facts.prefix]))
    if winner.uuids_only:
        _check_uuids(facts, decision)
    return 0


cdef void _report_headers(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Report headers that the winner names and that come twice, are null or empty."""
    cdef int32_t at, number
    cdef const Selector* selector
    cdef int64_t entry
    for at in range(winner.headers_from, winner.headers_to):
        number = resolved(facts, facts.program.lists[at])
        if number < 0:
            continue
        selector = facts.program.selectors + number
        if (selector.source != HEADER and selector.source != FOLDED) or not facts.count_of[selector.slot]:
            continue
        if facts.count_of[selector.slot] > 1:
            add(&decision.problems, text_of(facts.program, selector.duplicate))
        entry = facts.first_of[selector.slot] if winner.pick_first else facts.last_of[selector.slot]
        entry += facts.entry
        if is_null(&facts.contents, entry):
            add(&decision.problems, text_of(facts.program, selector.null_header))
        elif facts.contents.ends[entry] == facts.contents.ends[entry + 1]:
            add(&decision.problems, text_of(facts.program, selector.empty))


cdef void _compare(Facts facts, Decision* decision, const Convention* other) noexcept nogil:
    """Report ids and causes of another match that differ from the winner's."""
    cdef Found theirs
    cdef int32_t slot, first = 0
    cdef bint own = False, foreign = False
    cdef int64_t at
    if decision.fields[<int>F_EVENT_ID].there and find_field(facts, decision, other, F_EVENT_ID, False, &theirs):
        if not equal(&decision.fields[<int>F_EVENT_ID].value, &theirs.value):
            add_word(&decision.problems, b"disagreement:event_id")
    if decision.fields[<int>F_CORRELATION_ID].there and find_field(
        facts, decision, other, F_CORRELATION_ID, False, &theirs
    ):
        if not equal(&decision.fields[<int>F_CORRELATION_ID].value, &theirs.value):
            add_word(&decision.problems, b"disagreement:correlation_id")
    facts.arena.failed |= not find_causes(facts, other, &decision.candidates)
    if not decision.candidates.count:
        return
    # The causes of the first slot that has some.
    slot = decision.candidates.items[0].slot
    while first < decision.candidates.count and decision.candidates.items[first].slot == slot:
        first += 1
    for at in range(decision.causes.count):
        own |= decision.causes.items[at].rank == 0
    if own and not (_covers_theirs(decision, first) and _covers_own(decision, first)):
        add_word(&decision.problems, b"disagreement:cause")


cdef bint _covers_theirs(const Decision* decision, int64_t count) noexcept nogil:
    """Whether each of their causes is one of the record's first ones."""
    cdef int64_t at
    for at in range(count):
        if not _is_first_cause(decision, &decision.candidates.items[at].id):
            return False
    return True


cdef bint _covers_own(const Decision* decision, int64_t count) noexcept nogil:
    """Whether each of the record's first causes is one of theirs."""
    cdef int64_t at, place
    for at in range(decision.causes.count):
        if decision.causes.items[at].rank:
            continue
        for place in range(count):
            if equal(&decision.candidates.items[place].id, &decision.causes.items[at].id):
                break
        else:
            return False
    return True


cdef bint _is_first_cause(const Decision* decision, const Value* id) noexcept nogil:
    cdef int64_t at
    for at in range(decision.causes.count):
        if decision.causes.items[at].rank == 0 and equal(&decision.causes.items[at].id, id):
            return True
    return False


cdef void _report_repeated(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Report headers that repeat what the body says and say something else."""
    cdef const int32_t* lists = facts.program.lists
    cdef int32_t at, field, plain
    cdef const Found* found
    if winner.repeated_from < winner.repeated_to:
        for at in range(winner.repeated_from, winner.repeated_to, 2):
            field = lists[at]
            if field == _CAUSE or (
                decision.fields[field].there
                and facts.program.selectors[decision.fields[field].place.selector].source == MEMBER
            ):
                _report_header(facts, decision, winner, field, resolved(facts, lists[at + 1]))
        return
    if not winner.is_cloudevents or not facts.structured:
        return
    for at in range(4):
        found = decision.fields + _CE_REPEATED[at]
        plain = facts.program.plain[found.place.place] if found.there else -1
        if plain >= 0:
            _report_header(facts, decision, winner, _CE_REPEATED[at], _in_header(facts, plain))
    if winner.ce_cause >= 0:
        _report_header(facts, decision, winner, _CAUSE, _in_header(facts, winner.ce_cause))


cdef inline int32_t _in_header(Facts facts, int32_t place) noexcept nogil:
    """The header of an attribute of CloudEvents, also on a structured event."""
    return facts.program.places[place * MODES + 1 + facts.prefix]


cdef void _report_header(
    Facts facts, Decision* decision, const Convention* winner, int field, int32_t selector
) noexcept nogil:
    cdef Place header = Place(selector, -1, False, 0)
    cdef Value value
    cdef bint is_text = F_EVENT_TYPE <= field
    if not facts.raw(selector, False, 0, &value):
        return
    if not is_text:
        facts.id(&header, &value)
        if facts.is_among(&value, winner.no_causes):
            return
    else:
        facts.text(&header, &value)
    if field == _CAUSE:
        if decision.cause_state == UNKNOWN or _is_first_cause(decision, &value):
            return
        if decision.self_caused and equal(&decision.fields[<int>F_EVENT_ID].value, &value):
            return
        add_word(&decision.problems, b"disagreement:cause")
    elif not equal(&decision.fields[field].value, &value):
        value = text_of(facts.program, facts.program.words.fields[field])
        add_about(&decision.problems, &facts.arena, b"disagreement:", value)


cdef void _check_uuids(Facts facts, Decision* decision) noexcept nogil:
    """Report the ids that the convention's own readers would replace by random ones."""
    cdef int64_t at
    cdef Value id
    if decision.fields[<int>F_EVENT_ID].there and not is_uuid_like(&decision.fields[<int>F_EVENT_ID].value):
        add_word(&decision.problems, b"not_uuid:event_id")
    if decision.fields[<int>F_CORRELATION_ID].there and not is_uuid_like(&decision.fields[<int>F_CORRELATION_ID].value):
        add_word(&decision.problems, b"not_uuid:correlation_id")
    for at in range(decision.link_count):
        facts.id(decision.links + at, &id)
        if not is_uuid_like(&id):
            add_word(&decision.problems, b"not_uuid:link_ids")
    for at in range(decision.causes.count):
        if decision.causes.items[at].target == EVENT_ID and not is_uuid_like(&decision.causes.items[at].id):
            add_word(&decision.problems, b"not_uuid:cause")
