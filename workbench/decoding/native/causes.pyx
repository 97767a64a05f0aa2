# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds the causes of a record, ranks them, and tells whether it starts a flow."""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcmp

from workbench.buffers.slices cimport grown
from workbench.decoding.native.decision cimport DECLARED, ROOT, UNKNOWN, Causes, Decision, Found, FoundCause
from workbench.decoding.native.facts cimport Facts, Place, resolved
from workbench.decoding.native.fields cimport first_id, note_reading_fault
from workbench.decoding.native.ids cimport span_of
from workbench.decoding.native.problems cimport add_word
from workbench.decoding.native.program cimport (
    AUTO_TARGET,
    EQUAL,
    EVENT_ID,
    F_EVENT_ID,
    NULL_CAUSE,
    SPAN,
    CauseRule,
    Convention,
)
from workbench.decoding.native.values cimport Value, equal, nothing

cdef enum:
    _SHAPE_STRENGTH = 2  # from this on a match is evidence


cdef bint find_causes(Facts facts, const Convention* convention, Causes* causes) noexcept nogil:
    """Find the causes of all slots of a convention, in order; false where there is no memory for them."""
    cdef const int32_t* lists = facts.program.lists
    cdef int32_t pair, number, slot = 0
    causes.count = 0
    for pair in range(convention.slots_from, convention.slots_to, 2):
        for number in range(lists[pair], lists[pair + 1]):
            if not _find(facts, convention, facts.program.causes + number, slot, causes):
                return False
        slot += 1
    return True


cdef bint _find(
    Facts facts, const Convention* convention, const CauseRule* rule, int32_t slot, Causes* causes
) noexcept nogil:
    cdef int32_t selector = resolved(facts, rule.selector), index = 0
    cdef Value raw, id
    cdef Place place
    cdef FoundCause* items
    cdef int target
    while selector >= 0 and facts.raw(selector, convention.pick_first, index, &raw):
        place = Place(selector, rule.selector, convention.pick_first, index)
        index += 1
        facts.id(&place, &id)
        if facts.is_among(&id, convention.no_causes):
            continue
        target = rule.target
        if target == AUTO_TARGET:
            facts.text(&place, &raw)
            target = SPAN if span_of(raw).data != NULL else EVENT_ID
        items = <FoundCause*>grown(causes.items, &causes.room, causes.count + 1, sizeof(FoundCause))
        if items == NULL:
            return False
        causes.items = items
        items[causes.count] = FoundCause(target, slot, 0, place, nothing(), id)
        causes.count += 1
    return True


cdef void read_causes(Facts facts, Decision* decision, const Convention* winner) noexcept nogil:
    """Read the causes of the winner, and tell by its rule whether an event without one starts a flow."""
    cdef int64_t at
    cdef bint self_caused
    cdef Found named
    cdef const FoundCause* cause
    cdef const Found* own = decision.fields + <int>F_EVENT_ID
    facts.arena.failed |= not find_causes(facts, winner, &decision.candidates)
    for at in range(decision.candidates.count):
        # The id of bytes that are no UTF-8 begins like this; a text may do so as well.
        cause = decision.candidates.items + at
        if cause.id.size >= 4 and memcmp(cause.id.data, b"hex:", 4) == 0:
            note_reading_fault(facts, decision, &cause.place)
    self_caused = _rank(decision)
    named.there = False
    if winner.root_selector >= 0:
        first_id(facts, winner, winner.root_selector, winner.root_selector + 1, &named)
    if decision.causes.count:
        decision.cause_state = DECLARED
    elif winner.root == EQUAL:
        if self_caused or (named.there and own.there and equal(&own.value, &named.value)):
            decision.cause_state = ROOT
    elif self_caused or (winner.root == NULL_CAUSE and (winner.root_selector < 0 or named.there)):
        decision.cause_state = ROOT


cdef bint _rank(Decision* decision) noexcept nogil:
    """Keep the candidates, each once and ranked by their slots; return whether one of them was the event itself."""
    cdef const Found* own = decision.fields + <int>F_EVENT_ID
    cdef const FoundCause* cause
    cdef int64_t at, first = decision.causes.count
    cdef int32_t rank = 0, slot = -1
    cdef bint self_caused = False, added = False
    for at in range(decision.candidates.count):
        cause = decision.candidates.items + at
        if cause.slot != slot:
            rank += added
            slot, added = cause.slot, False
        if own.there and cause.target == EVENT_ID and equal(&own.value, &cause.id):
            self_caused = True
        elif not _is_kept(&decision.causes, first, cause):
            added = _keep(&decision.causes, cause, rank) or added
    if self_caused:
        decision.self_caused = True
        add_word(&decision.problems, b"self_cause")
    return self_caused


cdef bint _is_kept(const Causes* causes, int64_t first, const FoundCause* cause) noexcept nogil:
    cdef int64_t at
    for at in range(first, causes.count):
        if causes.items[at].target == cause.target and equal(&causes.items[at].id, &cause.id):
            return True
    return False


cdef bint add_cause(Causes* causes, int target, Value id, Value via) noexcept nogil:
    """Add a cause behind all others; false where there is no memory."""
    cdef FoundCause cause
    cdef int32_t rank = 0
    cdef int64_t at
    for at in range(causes.count):
        if causes.items[at].id.data != NULL:
            rank = max(rank, causes.items[at].rank + 1)
    cause.target, cause.via, cause.id = target, via, id
    return _keep(causes, &cause, rank)


cdef bint insert_cause(Causes* causes, int32_t place, int target, Value id, Value via) noexcept nogil:
    """Put a cause before others, whose ranks move up; false where there is no memory."""
    cdef FoundCause cause
    cdef int64_t at
    cause.target, cause.via, cause.id = target, via, id
    if not _keep(causes, &cause, place):
        return False
    for at in range(causes.count - 1, place, -1):
        causes.items[at] = causes.items[at - 1]
        causes.items[at].rank += 1
    cause.rank = place
    causes.items[place] = cause
    return True


cdef bint _keep(Causes* causes, const FoundCause* cause, int32_t rank) noexcept nogil:
    cdef FoundCause* items = <FoundCause*>grown(causes.items, &causes.room, causes.count + 1, sizeof(FoundCause))
    if items == NULL:
        return False
    causes.items = items
    items[causes.count] = cause[0]
    items[causes.count].rank = rank
    causes.count += 1
    return True


cdef void fill_causes(Facts facts, Decision* decision) noexcept nogil:
    """Take the causes of the next convention that matches, where the winner says nothing about causes."""
    cdef int at
    cdef bint self_caused
    cdef const Convention* other
    for at in range(decision.match_count):
        if decision.matches[at] == decision.convention:
            continue
        other = facts.program.conventions + decision.matches[at]
        if decision.cause_state != UNKNOWN or other.strength < _SHAPE_STRENGTH:
            return
        facts.arena.failed |= not find_causes(facts, other, &decision.candidates)
        self_caused = _rank(decision)
        if decision.causes.count or self_caused:
            decision.cause_state = DECLARED if decision.causes.count else ROOT
