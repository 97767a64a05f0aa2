"""Recognises the object in which Kafka Connect wraps a value, in its bytes."""

from libc.stdint cimport int64_t, uint8_t


cdef bint is_wrapped(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil
