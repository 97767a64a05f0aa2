"""Answers the questions that are asked about one record while it is decoded."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from workbench.buffers.slices cimport Column
from workbench.decoding.native.json cimport Token, Tokens
from workbench.decoding.native.names cimport NameTable
from workbench.decoding.native.program cimport Condition, Program, Selector
from workbench.decoding.native.values cimport Arena, Value


cdef struct Place:
    int32_t selector  # -1 where there is none
    int32_t place  # of the table of places; -1 where nobody names it
    int32_t pick_first
    int32_t index


cdef class Facts:
    cdef Program program
    cdef Arena arena
    cdef Tokens tokens
    cdef object _columns
    cdef Column names
    cdef Column contents
    cdef const int32_t* lists
    cdef int64_t entry  # the record's first header
    cdef int64_t entries
    cdef int32_t* first_of  # by slot, counted from the record's first header; -1 where there is none
    cdef int32_t* last_of
    cdef int32_t* count_of
    cdef int32_t* touched
    cdef int64_t touched_count
    cdef int64_t former_entry, former_entries
    cdef bint bad_names, odd_contents
    cdef bint is_copy  # whether any header that marks a copy is there
    cdef bint is_named_copy  # whether one that an application chose names the topic of a copy
    cdef bint is_spelled
    cdef int32_t[8] spelled  # entries of what applications write: topic, numbers, group, type, message, attempts
    cdef bint trace_headers  # whether any header of a trace context that is read on every record is there
    cdef NameTable _types  # of the headers that Spring wrote as JSON
    cdef bytes _types_text
    cdef Value _types_value
    cdef dict _types_known
    cdef bint typed
    cdef const uint8_t* body  # what the tokens are of
    cdef bint has_body
    cdef int mode, prefix
    cdef bint structured, ce_headers
    cdef uint64_t* present
    cdef list _topic_texts
    cdef Value* topic_values
    cdef Value[3] trace_parts
    cdef bint trace_known

    cdef void load(self, int64_t row) noexcept nogil
    cdef void see_body(self, const uint8_t* body, bint has_body) noexcept nogil
    cdef bint prepare_headers(self) except -1 nogil
    cdef const Token* member(self, int32_t bit) noexcept nogil
    cdef bint content_of(self, int64_t entry, Value* value, bint* amqp) noexcept nogil
    cdef bint spell(self) except -1 nogil
    cdef Value name_of(self, int64_t entry) noexcept nogil
    cdef bint header(self, int32_t slot, bint first, Value* value) noexcept nogil
    cdef bint scalar(self, const Token* token, Value* value) noexcept nogil
    cdef bint raw(self, int32_t selector, bint first, int32_t index, Value* value) noexcept nogil
    cdef bint through_filters(self, int32_t selector, Value* value) noexcept nogil
    cdef bint read(self, const Place* place, Value* value) noexcept nogil
    cdef bint text(self, const Place* place, Value* value) noexcept nogil
    cdef bint id(self, const Place* place, Value* value) noexcept nogil
    cdef int32_t resolve(self, int32_t place) noexcept nogil
    cdef bint holds(self, const Condition* condition, bint first) except -1 nogil
    cdef bint same(self, const Place* left, const Place* right, bint ids) noexcept nogil
    cdef bint is_among(self, const Value* id, int32_t texts) noexcept nogil
    cdef bint _same_names(self) noexcept nogil
    cdef void _find_names(self) noexcept nogil
    cdef void _touch(self, int32_t slot, int32_t entry) noexcept nogil
    cdef void _by_type(self, int64_t entry, Value* value) noexcept nogil
    cdef void inside(self, const uint8_t* data, const Token* token, Value* value) noexcept nogil
    cdef bint _passes(self, const Selector* selector, const Token* token) noexcept nogil
    cdef bint _item_passes(self, const int32_t* step, const Token* token) noexcept nogil
    cdef bint _joined(self, const Selector* selector, bint first, Value* value) noexcept nogil
    cdef bint _has_member(self, const Selector* selector, int test) noexcept nogil
