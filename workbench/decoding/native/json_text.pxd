"""JSON text that grows. Lengths in a payload are hostile."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

cdef enum Fault:
    WELL = 0
    CUT_OFF = 1  # the bytes end inside the value
    LONG_NUMBER = 2  # an integer of more than 64 bits
    BRANCH = 3  # a union has no branch of this number
    SYMBOL = 4  # an enum has no symbol of this number
    NOT_UTF8 = 5
    NEGATIVE = 6  # a negative length
    DEEP = 7
    LARGE = 8  # more JSON than such a value may become
    BEHIND = 9  # bytes behind the end
    NO_MEMORY = 10
    NO_READER = 11  # the reader's schema has no place for the branch or symbol
    WIRE_TYPE = 12
    FIELD_NUMBER = 13
    UNKNOWN_CODE = 14
    NO_MESSAGE = 15  # the message index names no message
    BAD_KEY = 16  # a key of a map is no scalar


cdef struct Sink:
    uint8_t* data
    int64_t size, room
    int64_t limit  # of size, for the value that is being written
    int64_t steps  # that are left for this value: parts without bytes of their own would go on for ever
    int quiet  # above 0: what is read is left out
    Fault fault


cdef bint fail(Sink* sink, Fault fault) noexcept nogil
cdef bint more(Sink* sink, int64_t size) noexcept nogil
cdef bint put_text(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_part(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_base64(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_uuid(Sink* sink, const uint8_t* data) noexcept nogil


cdef inline bint put(Sink* sink, const void* data, int64_t size) noexcept nogil:
    """Write JSON that is ready."""
    if sink.quiet:
        return True
    if sink.size + size > sink.room or sink.size + size > sink.limit:
        if not more(sink, size):
            return False
    memcpy(sink.data + sink.size, data, <size_t>size)
    sink.size += size
    return True


cdef inline bint put_byte(Sink* sink, uint8_t byte) noexcept nogil:
    """Write one byte of JSON."""
    return put(sink, &byte, 1)
