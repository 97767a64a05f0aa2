"""Reads the headers that mark a record as a copy: retry, dead letter, backup, replay."""

from libc.stdint cimport int64_t

from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.values cimport Value


cdef enum:
    ORIGIN_NUMBERS = 3  # partition, offset, timestamp


cdef struct Origin:
    bint there
    Value topic, group, via, hop
    bint has[3]
    int64_t numbers[3]


cdef struct Error:
    bint there
    Value texts[3]  # type, message, stage
    bint has_attempts
    int64_t attempts


cdef struct Marks:  # of one writer
    bint there
    Origin origin
    Error error
    bint bad_position


cdef struct Copy:  # all that is known of a record as a copy
    Origin origin
    Error error
    bint bad_position
    Value replay
    Value request_id


cdef int read_copy(Facts facts, const Marks* body, Copy* copy) except -1 nogil
cdef bint position_number(int which, const Value* value, int64_t* number) noexcept nogil
cdef bint read_integer(const Value* value, int64_t largest, int64_t* number) noexcept nogil
cdef Value position_of(Facts facts, const Origin* origin) noexcept nogil
