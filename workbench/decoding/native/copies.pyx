# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads the headers that mark a record as a copy, by the rules of `workbench.decoding.conventions.provenance`.

Every writer that matches applies; ``origin`` and ``error`` come whole from one of them.
"""

from libc.stdint cimport INT32_MAX, INT64_MAX, int32_t, int64_t, uint64_t
from libc.string cimport memset

from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.filters cimport decimal_text, filtered
from workbench.decoding.native.ids cimport id_of, is_utf8_value
from workbench.decoding.native.program cimport Writer, text_of
from workbench.decoding.native.replays cimport replay_text
from workbench.decoding.native.values cimport Value, is_space_or_tab, joined, nothing

cdef enum:
    _MOST_WRITERS = 16
    _ERROR_FIELDS = 4
    _ERROR_HEADERS = 4
    _ATTEMPTS = 3
    _MOST_DIGITS = 19


cdef int read_copy(Facts facts, const Marks* body, Copy* copy) except -1 nogil:
    """Read the marks of all writers; those in the body of a dead letter (NULL for none) come last in precedence."""
    cdef Marks[_MOST_WRITERS + 2] found
    cdef int count = 0, at, chosen = -1
    cdef const Error* error = NULL
    for at in range(<int>facts.program.writer_count):
        if _read_writer(facts, facts.program.writers + at, found + count):
            count += 1
    if body != NULL:
        found[count] = body[0]
        count += 1
    elif facts.is_named_copy:
        facts.spell()
        _add_application(facts, found, &count)
    copy.replay = replay_text(facts)
    copy.request_id = _request_id(facts)
    for at in range(count):
        if found[at].origin.there and found[at].origin.topic.data != NULL:
            chosen = at
            break
    if chosen < 0 and count:
        chosen = 0
    if chosen < 0:
        return 0
    copy.origin, copy.error, copy.bad_position = found[chosen].origin, found[chosen].error, found[chosen].bad_position
    for at in range(count):
        if found[at].error.there and found[at].error.has_attempts:
            error = &found[at].error
            break
    if error != NULL and not (copy.error.there and copy.error.has_attempts):
        copy.error.there = copy.error.has_attempts = True
        copy.error.attempts = error.attempts
    return 0


cdef bint _read_writer(Facts facts, const Writer* writer, Marks* marks) noexcept nogil:
    """Read the marks of one writer; false where it left none."""
    cdef bint any_of = writer.one_of[0] < 0
    cdef bint repeated = False
    cdef int at
    cdef Origin hop
    cdef bint ignored = False
    memset(marks, 0, sizeof(Marks))
    if writer.unless >= 0 and facts.count_of[writer.unless]:
        return False
    if writer.needs >= 0 and not facts.count_of[writer.needs]:
        return False
    for at in range(4):
        any_of |= writer.one_of[at] >= 0 and facts.count_of[writer.one_of[at]] > 0
    if not any_of:
        return False
    _read_origin(facts, writer, writer.pick_first, &marks.origin, &marks.bad_position)
    if marks.origin.there and writer.pick_first:
        for at in range(5):
            repeated |= writer.origin[at] >= 0 and facts.count_of[writer.origin[at]] > 1
        if repeated:
            memset(&hop, 0, sizeof(Origin))
            _read_origin(facts, writer, False, &hop, &ignored)
            marks.origin.hop = position_of(facts, &hop)
    for at in range(_ERROR_FIELDS):
        _read_error(facts, writer, at, &marks.error)
    marks.there = marks.origin.there or marks.error.there or marks.bad_position
    return marks.there


cdef void _read_origin(Facts facts, const Writer* writer, bint first, Origin* origin, bint* bad) noexcept nogil:
    cdef Value value
    cdef int at
    for at in range(5):
        if writer.origin[at] < 0 or not facts.header(writer.origin[at], first, &value):
            continue
        origin.there = True
        _note_origin(facts, at, value, writer.topic_filter if at == 0 else writer.number, origin, bad)
    origin.via = text_of(facts.program, writer.via)


cdef void _note_origin(Facts facts, int at, Value value, int32_t filter, Origin* origin, bint* bad) noexcept nogil:
    """Take the topic (0), a number (1 to 3) or the group (4) of an origin."""
    if filter >= 0 and at < 4:
        value = filtered(&facts.arena, filter, value)
    if at == 0:
        origin.topic = value if is_utf8_value(&value) else nothing()
    elif at == 4:
        origin.group = value if is_utf8_value(&value) else nothing()
    else:
        origin.has[at - 1] = position_number(at - 1, &value, &origin.numbers[at - 1])
        bad[0] |= not origin.has[at - 1]


cdef void _read_error(Facts facts, const Writer* writer, int field, Error* error) noexcept nogil:
    cdef Value value
    cdef int at
    for at in range(_ERROR_HEADERS):
        if writer.error[field * _ERROR_HEADERS + at] < 0:
            return
        if facts.header(writer.error[field * _ERROR_HEADERS + at], False, &value):
            _note_error(facts, field, value, writer.number, error)
            return


cdef void _note_error(Facts facts, int field, Value value, int32_t filter, Error* error) noexcept nogil:
    if field < _ATTEMPTS:
        if is_utf8_value(&value):
            error.texts[field] = value
            error.there = True
        return
    if filter >= 0:
        value = filtered(&facts.arena, filter, value)
    if read_integer(&value, INT32_MAX, &error.attempts):
        error.has_attempts = error.there = True


cdef void _add_application(Facts facts, Marks* found, int* count) noexcept nogil:
    """Add what an application wrote by itself: an origin where no known writer gives one, and its error."""
    cdef Marks marks
    cdef Value value
    cdef int at, with_topic = -1
    for at in range(count[0]):
        if with_topic < 0 and found[at].origin.there and found[at].origin.topic.size:
            with_topic = at
    memset(&marks, 0, sizeof(Marks))
    for at in range(8):
        if facts.spelled[at] < 0 or (at < 5 and _has_origin(found, count[0])):
            continue
        if not facts.content_of(facts.entry + facts.spelled[at], &value, NULL):
            continue
        if at < 5:
            marks.origin.there = True
            _note_origin(
                facts, at, value, -1 if at == 0 else facts.program.words.big_endian, &marks.origin, &marks.bad_position
            )
        else:
            # Applications name type, message and attempts; the stage is one of known writers.
            _note_error(facts, _ATTEMPTS if at == 7 else at - 5, value, facts.program.words.big_endian, &marks.error)
    if marks.origin.there:
        marks.origin.via = text_of(facts.program, facts.program.words.application)
    if not (marks.origin.there or marks.error.there or marks.bad_position):
        return
    if with_topic >= 0 and not found[with_topic].error.there:
        found[with_topic].error = marks.error
    else:
        found[count[0]] = marks
        count[0] += 1


cdef bint _has_origin(const Marks* found, int count) noexcept nogil:
    cdef int at
    for at in range(count):
        if found[at].origin.there and found[at].origin.topic.data != NULL:
            return True
    return False


cdef Value _request_id(Facts facts) noexcept nogil:
    """Read the id under which Spring's request and reply know each other."""
    cdef Value value
    if not facts.header(facts.program.words.request_id, False, &value):
        return nothing()
    value = filtered(&facts.arena, facts.program.words.uuid_filter, value)
    value = id_of(&facts.arena, value)
    return nothing() if facts.is_among(&value, facts.program.words.no_ids) else value


cdef bint position_number(int which, const Value* value, int64_t* number) noexcept nogil:
    """Read a partition (0), offset (1) or timestamp (2); false for one that is negative or unreadable."""
    return read_integer(value, INT32_MAX if which == 0 else INT64_MAX, number) and number[0] >= 0


cdef bint read_integer(const Value* value, int64_t largest, int64_t* number) noexcept nogil:
    """Read a decimal integer with blanks around it and a sign; false where it is none or too large."""
    cdef int32_t at = 0, stop = value.size
    cdef bint minus
    cdef uint64_t found = 0
    if value.data == NULL:
        return False
    while at < stop and is_space_or_tab(value.data[at]):
        at += 1
    while at < stop and is_space_or_tab(value.data[stop - 1]):
        stop -= 1
    if at < stop and value.data[at] == c"+":
        at += 1
    minus = at < stop and value.data[at] == c"-"
    at += minus
    if not 1 <= stop - at <= _MOST_DIGITS:
        return False
    while at < stop:
        if not c"0" <= value.data[at] <= c"9":
            return False
        # Nineteen digits fit 64 bits without a sign.
        found = found * 10 + (value.data[at] - c"0")
        at += 1
    if found > <uint64_t>largest:
        return False
    number[0] = -<int64_t>found if minus else <int64_t>found
    return True


cdef Value position_of(Facts facts, const Origin* origin) noexcept nogil:
    """Return ``topic/partition/offset``; no value where one of them is unknown."""
    cdef Value[5] parts
    if not origin.there or origin.topic.data == NULL or not origin.has[0] or not origin.has[1]:
        return nothing()
    parts[0] = origin.topic
    parts[1] = parts[3] = Value(<const unsigned char*>"/", 1, True)
    parts[2] = decimal_text(&facts.arena, origin.numbers[0])
    parts[4] = decimal_text(&facts.arena, origin.numbers[1])
    return joined(&facts.arena, parts, 5)
