# cython: language_level=3, boundscheck=False, wraparound=False
"""Problem codes of one record, each once; sorted by their text when the record is written."""

from libc.stdint cimport int32_t, uint8_t
from libc.string cimport strlen

from workbench.decoding.native.values cimport Arena, Value, compare, equal, is_bytes, joined


cdef void add(Problems* problems, Value code) noexcept nogil:
    """Note a problem. Beyond `MOST_PROBLEMS` different ones nothing is noted: no record has so many."""
    cdef int at
    for at in range(problems.count):
        if equal(problems.codes + at, &code):
            return
    if problems.count < MOST_PROBLEMS and code.data != NULL:
        problems.codes[problems.count] = code
        problems.count += 1


cdef void add_word(Problems* problems, const char* code) noexcept nogil:
    """Note a problem whose code is a constant of a compiled module."""
    add(problems, Value(<const uint8_t*>code, <int32_t>strlen(code), True))


cdef void add_about(Problems* problems, Arena* arena, const char* code, Value subject) noexcept nogil:
    """Note a problem of a subject: ``code`` ends with a colon."""
    cdef Value[2] parts
    parts[0] = Value(<const uint8_t*>code, <int32_t>strlen(code), True)
    parts[1] = subject
    add(problems, joined(arena, parts, 2))


cdef bint has(const Problems* problems, const char* code) noexcept nogil:
    cdef int at
    for at in range(problems.count):
        if is_bytes(problems.codes + at, code, <int32_t>strlen(code)):
            return True
    return False


cdef void sort(Problems* problems) noexcept nogil:
    cdef int at, place
    cdef Value code
    for at in range(1, problems.count):
        code = problems.codes[at]
        place = at
        while place and compare(problems.codes + place - 1, &code) > 0:
            problems.codes[place] = problems.codes[place - 1]
            place -= 1
        problems.codes[place] = code
