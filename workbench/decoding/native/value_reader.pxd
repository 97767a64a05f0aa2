"""Reads values to JSON text."""

from libc.stdint cimport int64_t, uint8_t

from workbench.decoding.native.json_text cimport Sink

cdef enum:
    MOST_LEVELS = 256  # of values in values


cdef struct Bytes:
    const uint8_t* data
    int64_t at, stop
    int64_t frame  # bytes of the frame before it


cdef class ValueReader:
    """Reads the bytes of one format, or of one schema, to JSON text."""

    cdef int64_t room  # bytes that a value may become whatever its size

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil
