"""Filters that exclude row groups which lack a text."""

from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef class Bloom:
    cdef uint32_t* words
    cdef int64_t size  # in bytes

    cdef bint begin(self, int64_t values) noexcept nogil
    cdef void add(self, uint64_t hashed) noexcept nogil

cdef uint64_t xxh64(const void* content, int64_t size) noexcept nogil
