"""Writes what a JSON text with escapes means."""

from libc.stdint cimport int32_t, int64_t, uint8_t


cdef int32_t unescape(const uint8_t* text, int64_t size, uint8_t* into) noexcept nogil
