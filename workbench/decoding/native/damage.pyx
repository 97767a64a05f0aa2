# cython: language_level=3, boundscheck=False, wraparound=False
"""Says why a JSON object cannot be read, in the words of Python's decoders, for the two faults that come in numbers.

Those are an object that ends too early, and bytes that are no UTF-8: of those that begin like no object it says that
they are none. Which of other faults Python says, and where, is left to Python.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.stdio cimport snprintf

from workbench.buffers.utf8 cimport utf8_size
from workbench.decoding.native.json cimport WHOLE, Tokens
from workbench.decoding.native.values cimport Arena, Value, take

cdef enum:
    _SURE_DEPTH = 100  # of objects and arrays: Python reads so many whatever called it, and says else of deeper ones
    _LONGEST = 256

# What Python's JSON decoder misses where a text ends, by `Ending`.
cdef const char** _MISSING = [
    b"",
    b"Unterminated string starting at",
    b"Expecting value",
    b"Expecting property name enclosed in double quotes",
    b"Expecting ':' delimiter",
    b"Expecting ',' delimiter",
]

cdef enum Fault:
    BAD_START, BAD_CONTINUATION, END

# What Python's UTF-8 decoder says of them.
cdef const char** _FAULTS = [b"invalid start byte", b"invalid continuation byte", b"unexpected end of data"]


cdef Damage damage_of(
    const uint8_t* data, int64_t start, int64_t stop, const Tokens* tokens, Arena* arena, Value* reason
) noexcept nogil:
    """Say why the scanner refused an object.

    Args:
        data: Holds the text.
        start: Where it begins: with the brace, or white space before it.
        stop: Where it ends.
        tokens: What the scanner noted of it.
        arena: Takes the reason.
        reason: Becomes the reason, as the column ``damage`` has it.
    """
    cdef int64_t at = start
    cdef int size
    if tokens.ending != WHOLE and tokens.depth < _SURE_DEPTH:
        return CUT_OFF if _write_ending(data, start, tokens, arena, reason) else UNKNOWN_DAMAGE
    while at < stop:
        size = 1 if data[at] < 0x80 else utf8_size(data, at, stop)
        if size == 0:
            if _begins_an_object(data, start, stop):
                return _write_bad_bytes(data, start, at, stop, arena, reason)
            # A text that was cut inside of a character may be one that was meant as JSON.
            size = 1
            return UNKNOWN_DAMAGE if _fault(data, at, stop, &size) == END else NO_JSON
        at += size
    return UNKNOWN_DAMAGE


cdef bint _write_ending(
    const uint8_t* data, int64_t start, const Tokens* tokens, Arena* arena, Value* reason
) noexcept nogil:
    cdef int64_t at, line = 1, line_start = 0, character = 0
    cdef char* into = <char*>take(arena, _LONGEST)
    if into == NULL:
        return False
    for at in range(start, tokens.ending_at):
        # All but the first byte of a character begin with the bits 10.
        character += (data[at] & 0xC0) != 0x80
        if data[at] == c"\n":
            line += 1
            line_start = character
    reason.data, reason.is_text = <const uint8_t*>into, True
    reason.size = snprintf(
        into,
        _LONGEST,
        b"json: the value ends too early: %s: line %lld column %lld (char %lld)",
        _MISSING[<int>tokens.ending],
        <long long>line,
        <long long>(character - line_start + 1),
        <long long>character,
    )
    return True


cdef Damage _write_bad_bytes(
    const uint8_t* data, int64_t start, int64_t at, int64_t stop, Arena* arena, Value* reason
) noexcept nogil:
    cdef int size = 1
    cdef Fault fault = _fault(data, at, stop, &size)
    cdef const char* what = b"the value ends too early" if fault == END else b"UnicodeDecodeError"
    cdef char* into = <char*>take(arena, _LONGEST)
    if into == NULL:
        return UNKNOWN_DAMAGE
    reason.data, reason.is_text = <const uint8_t*>into, True
    if size == 1:
        reason.size = snprintf(
            into,
            _LONGEST,
            b"json: %s: 'utf-8' codec can't decode byte 0x%02x in position %lld: %s",
            what,
            <int>data[at],
            <long long>(at - start),
            _FAULTS[<int>fault],
        )
    else:
        reason.size = snprintf(
            into,
            _LONGEST,
            b"json: %s: 'utf-8' codec can't decode bytes in position %lld-%lld: %s",
            what,
            <long long>(at - start),
            <long long>(at - start + size - 1),
            _FAULTS[<int>fault],
        )
    return CUT_OFF if fault == END else UNREADABLE


cdef Fault _fault(const uint8_t* data, int64_t at, int64_t stop, int* size) noexcept nogil:
    """What is wrong with the character that begins here, and how many of its bytes are right."""
    cdef uint8_t first = data[at], low = 0x80, high = 0xBF
    cdef int whole = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if not 0xC2 <= first <= 0xF4:
        return BAD_START
    if first == 0xE0:
        low = 0xA0
    elif first == 0xED:
        high = 0x9F
    elif first == 0xF0:
        low = 0x90
    elif first == 0xF4:
        high = 0x8F
    while size[0] < whole:
        if at + size[0] >= stop:
            return END
        if not low <= data[at + size[0]] <= high:
            return BAD_CONTINUATION
        low, high = 0x80, 0xBF
        size[0] += 1
    return BAD_START


cdef bint _begins_an_object(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether a text begins with a brace and what may follow one in JSON; else it may be another text."""
    at = _skip(data, at, stop)
    if at >= stop or data[at] != c"{":
        return False
    at = _skip(data, at + 1, stop)
    return at >= stop or data[at] == c'"' or data[at] == c"}"


cdef inline int64_t _skip(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    while at < stop and (data[at] == c" " or data[at] == c"\t" or data[at] == c"\n" or data[at] == c"\r"):
        at += 1
    return at
