"""Reads times in the forms that producers write, by the rules of `workbench.decoding.times`."""

from libc.stdint cimport int64_t

from workbench.decoding.native.values cimport Value


cdef enum:
    BAD_TIME = 1
    ZONE_ASSUMED = 2
    IMPLAUSIBLE = 4


cdef int parse_time(const Value* text, int parser, int64_t* micros) noexcept nogil
