"""Steps over JSON objects and arrays that nobody reads."""

from libc.stdint cimport int64_t, uint8_t


cdef int64_t past_value(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil
