"""JSON text that grows value by value, and the bytes that it is made of. Lengths in a payload are hostile."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

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

cdef enum:
    MOST_LEVELS = 256  # of values in values


cdef struct Sink:
    uint8_t* data
    int64_t size, room
    int64_t limit  # of size, for the value that is being written
    int64_t steps  # that are left for this value: parts without bytes of their own would go on for ever
    int quiet  # above 0: what is read is left out
    Fault fault


cdef struct Bytes:
    const uint8_t* data
    int64_t at, stop
    int64_t frame  # bytes of the frame before it


cdef bint fail(Sink* sink, Fault fault) noexcept nogil
cdef bint more(Sink* sink, int64_t size) noexcept nogil
cdef bint put(Sink* sink, const void* data, int64_t size) noexcept nogil
cdef bint put_byte(Sink* sink, uint8_t byte) noexcept nogil
cdef bint put_text(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_part(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_base64(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil
cdef bint put_int(Sink* sink, int64_t number) noexcept nogil
cdef bint put_uint(Sink* sink, uint64_t number) noexcept nogil
cdef bint put_double(Sink* sink, double number) noexcept nogil
cdef bint put_float(Sink* sink, float number) noexcept nogil
cdef bint put_date(Sink* sink, int64_t days) noexcept nogil
cdef bint put_time(Sink* sink, int64_t number, int digits) noexcept nogil
cdef bint put_timestamp(Sink* sink, int64_t number, int digits, bint utc) noexcept nogil
cdef bint put_decimal(Sink* sink, const uint8_t* data, int64_t size, int scale) noexcept nogil
cdef bint put_uuid(Sink* sink, const uint8_t* data) noexcept nogil


cdef class ValueReader:
    """Reads the bytes of one format, or of one schema, to JSON text."""

    cdef int64_t room  # bytes that a value may become whatever its size

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil
