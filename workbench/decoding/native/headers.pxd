"""Reads the headers of one record."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.buffers.slices cimport Column
from workbench.decoding.native.json cimport Token
from workbench.decoding.native.names cimport NameTable
from workbench.decoding.native.program cimport Program
from workbench.decoding.native.values cimport Arena, Value


cdef enum:
    MOST_TOUCHES = 32


cdef struct NameSet:  # the names of a record's headers, and where they belong
    int64_t entry  # first header of the first record that has them
    int64_t entries  # -1 marks a free place
    int32_t count
    int32_t[MOST_TOUCHES] slots
    int32_t[MOST_TOUCHES] places  # counted from the record's first header
    bint bad, trace, doubled, copy, named_copy


cdef class RecordHeaders:
    cdef Program program
    cdef Arena arena
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
    cdef NameSet* _sets
    cdef bint bad_names, odd_contents
    cdef bint has_doubled  # whether two headers belong to one slot
    cdef bint has_hollow  # whether a header is null or empty
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
    cdef int prefix  # how the headers write attributes of CloudEvents
    cdef bint ce_headers

    cdef void load(self, int64_t row) noexcept nogil
    cdef bint prepare_headers(self) except -1 nogil
    cdef bint content_of(self, int64_t entry, Value* value, bint* amqp) noexcept nogil
    cdef bint spell(self) except -1 nogil
    cdef Value name_of(self, int64_t entry) noexcept nogil
    cdef bint header(self, int32_t slot, bint first, Value* value) noexcept nogil
    cdef void inside(self, const uint8_t* data, const Token* token, Value* value) noexcept nogil
    cdef bint _has_names_of(self, int64_t entry, int64_t entries) noexcept nogil
    cdef int64_t _place_of_names(self) noexcept nogil
    cdef void _see_names(self) noexcept nogil
    cdef void _find_names(self, NameSet* known) noexcept nogil
    cdef void _remember(self, NameSet* known, int32_t slot, int32_t entry) noexcept nogil
    cdef void _touch(self, int32_t slot, int32_t entry) noexcept nogil
    cdef void _by_type(self, int64_t entry, Value* value) noexcept nogil
