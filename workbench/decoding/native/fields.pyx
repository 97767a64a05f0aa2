# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds the fields of an envelope: those of the convention that won, and what the others that match can fill in."""

from libc.stdint cimport int32_t

from workbench.decoding.native.decision cimport MOST_TRACE_PLACES, Decision, Found
from workbench.decoding.native.facts cimport Facts, Place, resolved
from workbench.decoding.native.ids cimport canonical_id, id_of, is_traceparent, is_utf8_value
from workbench.decoding.native.problems cimport add, add_word, has
from workbench.decoding.native.program cimport (
    FIELDS,
    F_CORRELATION_ID,
    F_ENDED,
    F_EVENT_ID,
    F_EVENT_TIME,
    F_EVENT_TYPE,
    F_REQUEST_ID,
    F_SOURCE,
    F_STARTED,
    Convention,
    text_of,
)
from workbench.decoding.native.times cimport BAD_TIME, IMPLAUSIBLE, ZONE_ASSUMED, parse_time
from workbench.decoding.native.values cimport Value, equal, nothing

# Fields that other conventions may fill, in this order; the id only where the winner has no selector for it.
cdef int* _FILLED = [F_CORRELATION_ID, F_EVENT_TYPE, F_SOURCE, F_EVENT_TIME, F_EVENT_ID]


cdef bint find_field(
    Facts facts, Decision* decision, const Convention* convention, int field, bint note_traces, Found* found
) noexcept nogil:
    """Find the first place of a field with a value that means what the field means.

    Ids that stand for no value are passed over. A whole trace parent is no correlation id, because it is another one at
    each hop: such places are noted as trace contexts where asked.
    """
    cdef const int32_t* lists = facts.program.lists
    cdef int32_t at, selector, index
    cdef Value raw, text
    cdef bint is_id = field <= F_REQUEST_ID
    for at in range(convention.fields[2 * field], convention.fields[2 * field + 1]):
        selector = resolved(facts, lists[at])
        index = 0
        while selector >= 0 and facts.raw(selector, convention.pick_first, index, &raw):
            found.place = Place(selector, lists[at], convention.pick_first, index)
            index += 1
            if not facts.through_filters(selector, &raw):
                raw = nothing()
            text = raw if raw.data != NULL and is_utf8_value(&raw) else nothing()
            found.value = text
            found.not_utf8 = raw.data != NULL and text.data == NULL
            if is_id:
                if text.data != NULL:
                    found.value = canonical_id(&facts.arena, text)
                elif raw.data != NULL:
                    found.value = id_of(&facts.arena, raw)
                if facts.is_among(&found.value, convention.no_ids):
                    continue
                if field == F_CORRELATION_ID and is_traceparent(&text):
                    if note_traces:
                        _note_trace(decision, &found.place)
                    continue
            found.there = True
            return True
    found.there = False
    return False


cdef void _note_trace(Decision* decision, const Place* place) noexcept nogil:
    # More trace parents in one array than there is room for say nothing that the first ones do not.
    if decision.trace_place_count < MOST_TRACE_PLACES - 1:
        decision.trace_places[decision.trace_place_count] = place[0]
        decision.trace_place_count += 1


cdef bint first_id(
    Facts facts, const Convention* convention, int32_t place_from, int32_t place_to, Found* found
) noexcept nogil:
    """Find the first id of some places that stands for a value."""
    cdef const int32_t* lists = facts.program.lists
    cdef int32_t at, selector, index
    cdef Value raw
    for at in range(place_from, place_to):
        selector = resolved(facts, lists[at])
        index = 0
        while selector >= 0 and facts.raw(selector, convention.pick_first, index, &raw):
            found.place = Place(selector, lists[at], convention.pick_first, index)
            index += 1
            facts.id(&found.place, &found.value)
            if not facts.is_among(&found.value, convention.no_ids):
                found.there = True
                return True
    found.there = False
    return False


cdef void read_fields(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Read the fields of the winner."""
    cdef int field
    cdef Found* found
    cdef Found link
    for field in range(FIELDS):
        found = decision.fields + field
        if winner.fields[2 * field] == winner.fields[2 * field + 1]:
            found.there = False
            continue
        if not find_field(facts, decision, winner, field, True, found):
            continue
        if found.not_utf8:
            _note_not_utf8(facts, decision, &found.place)
        if field >= F_EVENT_TIME:
            _read_time(decision, field, winner.parser, found, True)
    if decision.fields[<int>F_CORRELATION_ID].there:
        _see_several(facts, decision, decision.fields + <int>F_CORRELATION_ID)
    if first_id(facts, winner, winner.links_from, winner.links_to, &link):
        decision.links[0] = link.place
        decision.link_count = 1
        note_reading_fault(facts, decision, &link.place)
    if winner.linked_header >= 0:
        _link_second_id(facts, decision, winner)


cdef void note_reading_fault(Facts facts, Decision* decision, const Place* place) noexcept nogil:
    """Report a value that is no UTF-8."""
    cdef Value value
    if facts.read(place, &value) and not is_utf8_value(&value):
        _note_not_utf8(facts, decision, place)


cdef void _note_not_utf8(Facts facts, Decision* decision, const Place* place) noexcept nogil:
    add(&decision.problems, text_of(facts.program, facts.program.selectors[place.selector].not_utf8))


cdef void _read_time(Decision* decision, int field, int parser, Found* found, bint named) noexcept nogil:
    """Parse a time and report its faults; one that cannot be parsed is no value."""
    cdef int faults = parse_time(&found.value, parser, &found.micros)
    if faults & BAD_TIME:
        found.there = False
        if named:
            add_word(&decision.problems, _bad_time(field))
        return
    if faults & ZONE_ASSUMED:
        add_word(&decision.problems, b"time_zone_assumed")
    if faults & IMPLAUSIBLE:
        add_word(&decision.problems, b"implausible_time")


cdef const char* _bad_time(int field) noexcept nogil:
    if field == F_STARTED:
        return b"bad_time:started"
    return b"bad_time:ended" if field == F_ENDED else b"bad_time:event_time"


cdef void _see_several(Facts facts, Decision* decision, const Found* found) noexcept nogil:
    """Report a correlation that has other values at the same place; those before it are whole trace parents."""
    cdef Place place = found.place
    cdef Value raw, other
    place.index += 1
    while facts.raw(place.selector, place.pick_first, place.index, &raw):
        facts.id(&place, &other)
        if not equal(&found.value, &other):
            add_word(&decision.problems, b"several_correlations")
            return
        place.index += 1


cdef void _link_second_id(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Keep a second id of the event under which others may name it as their cause."""
    cdef const Found* first = decision.fields + <int>F_EVENT_ID
    cdef int32_t selector = resolved(facts, winner.linked_header)
    cdef Place second = Place(selector, winner.linked_header, False, 0)
    cdef Value id
    if not first.there or first.place.selector == selector or not facts.raw(selector, False, 0, &id):
        return
    facts.id(&second, &id)
    if not facts.is_among(&id, winner.no_ids) and not equal(&first.value, &id):
        decision.links[decision.link_count] = second
        decision.link_count += 1


cdef void fill_fields(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Fill fields that the winner has no value for from the others that match."""
    cdef int at, field, other
    cdef const Convention* convention
    cdef Found* found
    for at in range(5):
        field = _FILLED[at]
        found = decision.fields + field
        if field == F_EVENT_ID and winner.fields[0] < winner.fields[1]:
            continue
        if field == F_EVENT_TIME and has(&decision.problems, b"bad_time:event_time"):
            continue
        for other in range(decision.match_count):
            if found.there:
                break
            if decision.matches[other] == decision.convention:
                continue
            convention = facts.program.conventions + decision.matches[other]
            if not find_field(facts, decision, convention, field, True, found):
                continue
            if field == F_EVENT_TIME:
                _read_time(decision, field, convention.parser, found, False)
            if found.there and field == F_EVENT_ID:
                decision.scope = convention.scope
