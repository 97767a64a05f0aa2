"""Problem codes of one record, each once."""

from workbench.decoding.native.values cimport Arena, Value


cdef enum:
    MOST_PROBLEMS = 128


cdef struct Problems:
    Value codes[128]
    int count


cdef void add(Problems* problems, Value code) noexcept nogil
cdef void add_word(Problems* problems, const char* code) noexcept nogil
cdef void add_about(Problems* problems, Arena* arena, const char* code, Value subject) noexcept nogil
cdef bint has(const Problems* problems, const char* code) noexcept nogil
cdef void sort(Problems* problems) noexcept nogil
