"""Answers the questions that are asked about one record while it is decoded."""

from libc.stdint cimport int32_t, uint8_t, uint64_t

from workbench.decoding.native.headers cimport RecordHeaders
from workbench.decoding.native.json cimport Token, Tokens
from workbench.decoding.native.program cimport MODES, Condition, Selector
from workbench.decoding.native.values cimport Value


cdef struct Place:
    int32_t selector  # -1 where there is none
    int32_t place  # of the table of places; -1 where nobody names it
    int32_t pick_first
    int32_t index


cdef class Facts(RecordHeaders):
    cdef Tokens tokens
    cdef const uint8_t* body  # what the tokens are of
    cdef bint has_body
    cdef int mode
    cdef bint structured
    cdef uint64_t* present
    cdef list _topic_texts
    cdef Value* topic_values
    cdef Value[3] trace_parts
    cdef bint trace_known

    cdef bint say_nothing(self) noexcept nogil
    cdef void see_body(self, const uint8_t* body, bint has_body) noexcept nogil
    cdef bint scalar(self, const Token* token, Value* value) noexcept nogil
    cdef bint raw(self, int32_t selector, bint first, int32_t index, Value* value) noexcept nogil
    cdef bint through_filters(self, int32_t selector, Value* value) noexcept nogil
    cdef bint read(self, const Place* place, Value* value) noexcept nogil
    cdef bint text(self, const Place* place, Value* value) noexcept nogil
    cdef bint id(self, const Place* place, Value* value) noexcept nogil
    cdef bint holds(self, const Condition* condition, bint first) except -1 nogil
    cdef bint same(self, const Place* left, const Place* right, bint ids) noexcept nogil
    cdef bint is_among(self, const Value* id, int32_t texts) noexcept nogil
    cdef bint _passes(self, const Selector* selector, const Token* token) noexcept nogil
    cdef bint _item_passes(self, const int32_t* step, const Token* token) noexcept nogil
    cdef bint _joined(self, const Selector* selector, bint first, Value* value) noexcept nogil
    cdef bint _has_member(self, const Selector* selector, int test) noexcept nogil


cdef inline const Token* member_of(Facts facts, int32_t bit) noexcept nogil:
    """The value of a member; NULL where it is absent."""
    cdef int32_t at = facts.tokens.last_of[bit] - 1
    if at < 0 or facts.tokens.items[at].dead:
        return NULL
    return facts.tokens.items + at


cdef inline int32_t resolved(Facts facts, int32_t place) noexcept nogil:
    """The selector of a place on this record; -1 where it has none."""
    return facts.program.places[place * MODES + facts.mode]
