"""Looks up header names, in their case and without it."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t


cdef struct Name:
    int32_t start
    int32_t size  # 0 marks a free place
    int32_t slot


cdef class NameTable:
    cdef bytes _names
    cdef const uint8_t* _names_at
    cdef Name* _places
    cdef uint64_t _last
    cdef uint8_t _sizes[256]  # whether some name has this size

    cdef int32_t find(self, const uint8_t* name, int64_t size) noexcept nogil
    cdef int32_t find_lower(self, const uint8_t* name, int64_t size) noexcept nogil
