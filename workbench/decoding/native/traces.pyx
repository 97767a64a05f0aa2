# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads the trace context of the producing span, by the rules of `workbench.decoding.conventions.trace_context`."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memset

from workbench.decoding.native.facts cimport Facts, Place, resolved
from workbench.decoding.native.problems cimport Problems, add_about, add_word
from workbench.decoding.native.program cimport TraceRule, text_of
from workbench.decoding.native.values cimport (
    Arena,
    Value,
    all_hex,
    all_lower_hex,
    equal,
    is_bytes,
    lower,
    not_zero,
    nothing,
    stripped,
    take,
)

cdef enum:
    _PARENT_SIZE = 55  # version - 32 digits of the trace - 16 of the span - flags
    _TRACE_DIGITS = 32
    _SPAN_DIGITS = 16
    _NOT_DECIDED = -1


cdef struct Search:  # the first valid context of all, and the first that decides only whether to sample
    TraceContext first
    TraceContext undecided
    Problems* problems


cdef void read_parts(Facts facts, Value* parts) noexcept nogil:
    """Read trace id, span id and parent span id of the context that does not depend on a convention."""
    cdef int32_t number = facts.program.words.ce_traceparent
    cdef Place place = Place(resolved(facts, number), number, False, 0)
    cdef Value text
    cdef bint named = place.selector >= 0 and facts.raw(place.selector, False, 0, &text)
    cdef TraceContext found = read_trace(facts, NULL, 0, &place, named, NULL)
    parts[0], parts[1], parts[2] = found.trace_id, found.span_id, found.parent_id


cdef TraceContext read_trace(
    Facts facts, const int32_t* own, int own_count, const Place* places, int place_count, Problems* problems
) noexcept nogil:
    """Read the first valid trace context of a record; faults of all go to ``problems``.

    Args:
        facts: The record.
        own: Numbers of the rules for headers that only the conventions that match read.
        own_count: How many those are.
        places: W3C trace parents in other places.
        place_count: How many those are.
        problems: NULL where nobody asks for them.
    """
    cdef Search search
    cdef Value text
    cdef int at
    cdef bint more = own_count > 0 or place_count > 0
    memset(&search, 0, sizeof(Search))
    search.problems = problems
    if facts.trace_headers or more:
        if _text(facts, facts.program.words.traceparent, False, &text):
            _note(&search, &facts.arena, _w3c(text, _word(b"traceparent", 11)), _word(b"traceparent", 11))
        if _text(facts, facts.program.words.b3, True, &text):
            _note(&search, &facts.arena, _b3_single(&facts.arena, text), _word(b"b3", 2))
        _read_b3(facts, &search)
        if _text(facts, facts.program.words.uber, False, &text):
            _note(&search, &facts.arena, _jaeger(&facts.arena, text), _word(b"uber-trace-id", 13))
    for at in range(own_count):
        _read_own(facts, facts.program.traces + own[at], &search)
    for at in range(place_count):
        if not facts.text(places + at, &text):
            text = Value(<const uint8_t*>"", 0, True)
        _note(
            &search,
            &facts.arena,
            _w3c(stripped(text), facts.program.via(places[at].place)),
            text_of(facts.program, facts.program.selectors[places[at].selector].name),
        )
    return search.first if search.first.found else search.undecided


cdef void _note(Search* search, Arena* arena, TraceContext found, Value subject) noexcept nogil:
    if not found.found:
        if search.problems != NULL:
            add_about(search.problems, arena, b"bad_trace_context:", subject)
    elif found.trace_id.data == NULL:
        if not search.undecided.found:
            search.undecided = found
    elif not search.first.found:
        search.first = found
    elif not equal(&search.first.trace_id, &found.trace_id) and search.problems != NULL:
        add_word(search.problems, b"disagreement:trace_id")


cdef bint _text(Facts facts, int32_t slot, bint first, Value* text) noexcept nogil:
    if not facts.header(slot, first, text):
        return False
    text[0] = stripped(text[0])
    return True


cdef Value _word(const char* word, int32_t size) noexcept nogil:
    return Value(<const uint8_t*>word, size, True)


cdef TraceContext _none() noexcept nogil:
    cdef TraceContext found
    memset(&found, 0, sizeof(TraceContext))
    found.sampled = _NOT_DECIDED
    return found


cdef TraceContext _w3c(Value text, Value via) noexcept nogil:
    """Read a W3C trace parent; nothing when any part of it is invalid, which voids the whole."""
    cdef TraceContext found = _none()
    cdef const uint8_t* data = text.data
    cdef bint version_0
    if text.size < _PARENT_SIZE or data[2] != c"-" or data[35] != c"-" or data[52] != c"-":
        return found
    if text.size > _PARENT_SIZE and data[_PARENT_SIZE] != c"-":
        return found
    if not (
        all_lower_hex(data, 2)
        and all_lower_hex(data + 3, _TRACE_DIGITS)
        and all_lower_hex(data + 36, _SPAN_DIGITS)
        and all_lower_hex(data + 53, 2)
    ):
        return found
    version_0 = data[0] == c"0" and data[1] == c"0"
    if (data[0] == c"f" and data[1] == c"f") or (version_0 and text.size > _PARENT_SIZE):
        return found
    if not (not_zero(data + 3, _TRACE_DIGITS) and not_zero(data + 36, _SPAN_DIGITS)):
        return found
    found.found = True
    found.trace_id, found.span_id = Value(data + 3, _TRACE_DIGITS, True), Value(data + 36, _SPAN_DIGITS, True)
    found.sampled = _digit(data[54]) & 1
    found.via = via
    return found


cdef TraceContext _b3_single(Arena* arena, Value text) noexcept nogil:
    cdef TraceContext found = _none()
    cdef int64_t at = 0
    found.via = _word(b"b3", 2)
    if text.size == 1:
        found.sampled = _b3_decision(text.data[0])
        found.found = found.sampled != _NOT_DECIDED
        return found
    while at < text.size and text.data[at] != c"-":
        at += 1
    if (at != _SPAN_DIGITS and at != _TRACE_DIGITS) or text.size < at + 1 + _SPAN_DIGITS:
        return found
    if not all_hex(text.data, at) or not all_hex(text.data + at + 1, _SPAN_DIGITS):
        return found
    if not not_zero(text.data, at) or not not_zero(text.data + at + 1, _SPAN_DIGITS):
        return found
    found.trace_id = _padded(arena, Value(text.data, <int32_t>at, True), _TRACE_DIGITS)
    found.span_id = _padded(arena, Value(text.data + at + 1, _SPAN_DIGITS, True), _SPAN_DIGITS)
    at += 1 + _SPAN_DIGITS
    if at == text.size:
        found.found = True
        return found
    if text.size < at + 2 or text.data[at] != c"-":
        return found
    found.sampled = _b3_decision(text.data[at + 1])
    at += 2
    if found.sampled == _NOT_DECIDED:
        return found
    if at < text.size:
        if text.size != at + 1 + _SPAN_DIGITS or text.data[at] != c"-" or not all_hex(text.data + at + 1, _SPAN_DIGITS):
            return found
        found.parent_id = _padded(arena, Value(text.data + at + 1, _SPAN_DIGITS, True), _SPAN_DIGITS)
    found.found = True
    return found


cdef int _b3_decision(uint8_t letter) noexcept nogil:
    return 0 if letter == c"0" else 1 if letter == c"1" or letter == c"d" else _NOT_DECIDED


cdef void _read_b3(Facts facts, Search* search) noexcept nogil:
    """Read the form of B3 with a header for each part."""
    cdef TraceContext found = _none()
    cdef Value trace, span, parent, sampled, flags
    cdef bint has_trace = _text(facts, facts.program.words.b3_trace, True, &trace)
    cdef bint has_sampled = _text(facts, facts.program.words.b3_sampled, True, &sampled)
    cdef bint has_flags = _text(facts, facts.program.words.b3_flags, True, &flags)
    if not (has_trace or has_sampled or has_flags):
        return
    if has_flags and is_bytes(&flags, b"1", 1):
        found.sampled = 1
    elif has_sampled:
        found.sampled = _decision(sampled)
    if not has_trace:
        found.found, found.via = True, _word(b"X-B3-Sampled", 12)
    elif (
        (trace.size == _SPAN_DIGITS or trace.size == _TRACE_DIGITS)
        and all_hex(trace.data, trace.size)
        and not_zero(trace.data, trace.size)
        and _text(facts, facts.program.words.b3_span, True, &span)
        and span.size == _SPAN_DIGITS
        and all_hex(span.data, _SPAN_DIGITS)
    ):
        found.found, found.via = True, _word(b"X-B3-TraceId", 12)
        found.trace_id = _padded(&facts.arena, trace, _TRACE_DIGITS)
        found.span_id = _padded(&facts.arena, span, _SPAN_DIGITS)
        if _text(facts, facts.program.words.b3_parent, True, &parent) and parent.size == _SPAN_DIGITS:
            if all_hex(parent.data, _SPAN_DIGITS):
                found.parent_id = _padded(&facts.arena, parent, _SPAN_DIGITS)
    _note(search, &facts.arena, found, _word(b"X-B3-TraceId", 12))


cdef int _decision(Value text) noexcept nogil:
    """Read ``1 0 true false d`` in any case."""
    cdef uint8_t letters[5]
    cdef int32_t at
    cdef Value small
    if text.size > 5:
        return _NOT_DECIDED
    for at in range(text.size):
        letters[at] = lower(text.data[at])
    small = Value(<const uint8_t*>&letters[0], text.size, True)
    if is_bytes(&small, b"1", 1) or is_bytes(&small, b"true", 4) or is_bytes(&small, b"d", 1):
        return 1
    return 0 if is_bytes(&small, b"0", 1) or is_bytes(&small, b"false", 5) else _NOT_DECIDED


cdef TraceContext _jaeger(Arena* arena, Value text) noexcept nogil:
    """Read ``trace:span:parent:flags``; the colons may be written ``%3A``."""
    cdef TraceContext found = _none()
    cdef Value[4] parts
    cdef int count = 0
    cdef int32_t at = 0, start = 0, step
    while True:
        step = 0
        if at < text.size and text.data[at] == c":":
            step = 1
        elif at + 2 < text.size and text.data[at] == c"%" and text.data[at + 1] == c"3":
            step = 3 if lower(text.data[at + 2]) == c"a" else 0
        if step or at == text.size:
            if count == 4:
                return found
            parts[count] = Value(text.data + start, at - start, True)
            count += 1
            start = at + step
        if at == text.size:
            break
        at += max(step, 1)
    if count != 4:
        return found
    if not (1 <= parts[0].size <= 32 and 1 <= parts[1].size <= 16 and parts[2].size <= 16 and 1 <= parts[3].size <= 2):
        return found
    for count in range(4):
        if not all_hex(parts[count].data, parts[count].size):
            return found
    if not not_zero(parts[0].data, parts[0].size) or not not_zero(parts[1].data, parts[1].size):
        return found
    found.found, found.via = True, _word(b"uber-trace-id", 13)
    found.trace_id = _padded(arena, parts[0], _TRACE_DIGITS)
    found.span_id = _padded(arena, parts[1], _SPAN_DIGITS)
    if not_zero(parts[2].data, parts[2].size):
        found.parent_id = _padded(arena, parts[2], _SPAN_DIGITS)
    found.sampled = _digit(parts[3].data[parts[3].size - 1]) & 1
    return found


cdef void _read_own(Facts facts, const TraceRule* rule, Search* search) noexcept nogil:
    cdef TraceContext found = _none()
    cdef Value text, digits
    if not _text(facts, rule.first, False, &text):
        return
    if rule.is_traceparent:
        _note(search, &facts.arena, _w3c(text, text_of(facts.program, rule.name)), text_of(facts.program, rule.name))
        return
    digits = _without_hyphens(&facts.arena, text)
    if 1 <= digits.size <= _TRACE_DIGITS and all_hex(digits.data, digits.size) and not_zero(digits.data, digits.size):
        found.found, found.via = True, text_of(facts.program, rule.name)
        found.trace_id = _padded(&facts.arena, digits, _TRACE_DIGITS)
        found.span_id = _span_digits(facts, rule.second)
        found.parent_id = _span_digits(facts, rule.third)
    _note(search, &facts.arena, found, text_of(facts.program, rule.name))


cdef Value _span_digits(Facts facts, int32_t slot) noexcept nogil:
    cdef Value text
    if not _text(facts, slot, False, &text):
        return nothing()
    text = _without_hyphens(&facts.arena, text)
    if not (1 <= text.size <= _TRACE_DIGITS and all_hex(text.data, text.size) and not_zero(text.data, text.size)):
        return nothing()
    if text.size > _SPAN_DIGITS:
        text = Value(text.data + text.size - _SPAN_DIGITS, _SPAN_DIGITS, True)
    return _padded(&facts.arena, text, _SPAN_DIGITS)


cdef Value _without_hyphens(Arena* arena, Value text) noexcept nogil:
    cdef int32_t at, size = 0
    cdef uint8_t* into = take(arena, text.size)
    if into == NULL:
        return nothing()
    for at in range(text.size):
        if text.data[at] != c"-":
            into[size] = text.data[at]
            size += 1
    return Value(into, size, True)


cdef Value _padded(Arena* arena, Value digits, int32_t size) noexcept nogil:
    """Return digits in lower case, filled with zeros from the left."""
    cdef int32_t at
    cdef uint8_t* into
    if digits.size == size and all_lower_hex(digits.data, size):
        return digits
    into = take(arena, size)
    if into == NULL:
        return nothing()
    for at in range(size - digits.size):
        into[at] = c"0"
    for at in range(digits.size):
        into[size - digits.size + at] = lower(digits.data[at])
    return Value(into, size, True)


cdef int _digit(uint8_t letter) noexcept nogil:
    """Value of a hex digit."""
    return letter - c"0" if letter <= c"9" else lower(letter) - c"a" + 10
