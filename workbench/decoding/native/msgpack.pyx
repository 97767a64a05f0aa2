# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads MessagePack to JSON text. Bytes become base64, timestamps texts, other extensions their number and base64."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from workbench.decoding.native.json_fractions cimport put_double, put_float
from workbench.decoding.native.json_numbers cimport put_int, put_uint
from workbench.decoding.native.json_text cimport (
    BAD_KEY,
    CUT_OFF,
    DEEP,
    LARGE,
    UNKNOWN_CODE,
    Sink,
    fail,
    put,
    put_base64,
    put_byte,
    put_text,
)
from workbench.decoding.native.json_times cimport put_timestamp
from workbench.decoding.native.value_reader cimport MOST_LEVELS, Bytes, ValueReader


cdef class MsgpackReader(ValueReader):
    """Reads MessagePack; no schema is needed."""

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        return _value(value, sink, 0)


cdef bint _value(Bytes* value, Sink* sink, int level) noexcept nogil:
    cdef uint8_t code
    cdef uint64_t number
    sink.steps -= 1
    if sink.steps < 0:
        return fail(sink, LARGE)
    if level > MOST_LEVELS:
        return fail(sink, DEEP)
    if value.at >= value.stop:
        return fail(sink, CUT_OFF)
    code = value.data[value.at]
    value.at += 1
    if code < 0x80:
        return put_uint(sink, code)
    if code >= 0xE0:
        return put_int(sink, <int8_t>code)
    if code < 0x90:
        return _map(value, sink, code & 0x0F, level + 1)
    if code < 0xA0:
        return _array(value, sink, code & 0x0F, level + 1)
    if code < 0xC0:
        return _text(value, sink, code & 0x1F)
    if code == 0xC0:
        return put(sink, b"null", 4)
    if code == 0xC2:
        return put(sink, b"false", 5)
    if code == 0xC3:
        return put(sink, b"true", 4)
    if code == 0xC1:
        value.at -= 1
        return fail(sink, UNKNOWN_CODE)
    return _sized(value, sink, code, level)


cdef bint _sized(Bytes* value, Sink* sink, uint8_t code, int level) noexcept nogil:
    """Read what has its number or length in the bytes behind the code."""
    cdef uint64_t number = 0
    cdef double wide
    cdef float narrow
    cdef uint32_t bits
    if 0xD4 <= code <= 0xD8:
        return _extension(value, sink, 1 << (code - 0xD4))
    if code >= 0xD9:
        if not _number(value, sink, (1 << (code - 0xD9)) if code <= 0xDB else 2 if code in (0xDC, 0xDE) else 4, &number):
            return False
        if code <= 0xDB:
            return _text(value, sink, <int64_t>number)
        if code <= 0xDD:
            return _array(value, sink, <int64_t>number, level + 1)
        return _map(value, sink, <int64_t>number, level + 1)
    if not _number(value, sink, _WIDTHS[code - 0xC4], &number):
        return False
    if code <= 0xC6:
        if not _take(value, sink, <int64_t>number):
            return False
        return put_base64(sink, value.data + value.at - number, <int64_t>number)
    if code <= 0xC9:
        return _extension(value, sink, <int64_t>number)
    if code == 0xCA:
        bits = <uint32_t>number
        memcpy(&narrow, &bits, 4)
        return put_float(sink, narrow)
    if code == 0xCB:
        memcpy(&wide, &number, 8)
        return put_double(sink, wide)
    if code <= 0xCF:
        return put_uint(sink, number)
    if code == 0xD0:
        return put_int(sink, <int8_t>number)
    if code == 0xD1:
        return put_int(sink, <int16_t>number)
    return put_int(sink, <int32_t>number if code == 0xD2 else <int64_t>number)


# Bytes of the number behind the codes C4 to D3.
cdef int* _WIDTHS = [1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8]


cdef bint _array(Bytes* value, Sink* sink, int64_t count, int level) noexcept nogil:
    cdef int64_t at
    if not put_byte(sink, c"["):
        return False
    for at in range(count):
        if at and not put_byte(sink, c","):
            return False
        if not _value(value, sink, level):
            return False
    return put_byte(sink, c"]")


cdef bint _map(Bytes* value, Sink* sink, int64_t count, int level) noexcept nogil:
    cdef int64_t at
    if not put_byte(sink, c"{"):
        return False
    for at in range(count):
        if at and not put_byte(sink, c","):
            return False
        if not _key(value, sink, level) or not put_byte(sink, c":") or not _value(value, sink, level):
            return False
    return put_byte(sink, c"}")


cdef bint _key(Bytes* value, Sink* sink, int level) noexcept nogil:
    """Read a key: a member of JSON has a text for a name, so numbers are written as texts."""
    cdef uint8_t code
    if value.at >= value.stop:
        return fail(sink, CUT_OFF)
    code = value.data[value.at]
    if 0xA0 <= code < 0xC0 or 0xC4 <= code <= 0xC6 or 0xD9 <= code <= 0xDB:
        return _value(value, sink, level)
    if code < 0x80 or code >= 0xE0 or 0xCC <= code <= 0xD3 or code in (0xC0, 0xC2, 0xC3):
        return put_byte(sink, c'"') and _value(value, sink, level) and put_byte(sink, c'"')
    return fail(sink, BAD_KEY)


cdef bint _text(Bytes* value, Sink* sink, int64_t size) noexcept nogil:
    return _take(value, sink, size) and put_text(sink, value.data + value.at - size, size)


cdef bint _extension(Bytes* value, Sink* sink, int64_t size) noexcept nogil:
    cdef int8_t kind
    cdef uint64_t seconds = 0, nanoseconds = 0
    if not _take(value, sink, 1):
        return False
    kind = <int8_t>value.data[value.at - 1]
    if kind == -1 and size in (4, 8, 12):
        if size == 12 and not _number(value, sink, 4, &nanoseconds):
            return False
        if not _number(value, sink, 4 if size == 4 else 8, &seconds):
            return False
        if size == 8:
            nanoseconds = seconds >> 34
            seconds &= (<uint64_t>1 << 34) - 1
        return _time(sink, <int64_t>seconds, <int64_t>nanoseconds)
    if not _take(value, sink, size):
        return False
    return (
        put(sink, b'{"ext":', 7)
        and put_int(sink, kind)
        and put(sink, b',"data":', 8)
        and put_base64(sink, value.data + value.at - size, size)
        and put_byte(sink, c"}")
    )


cdef bint _time(Sink* sink, int64_t seconds, int64_t nanoseconds) noexcept nogil:
    """Write a time with as many decimals as it has; outside of 64 bits of nanoseconds with its seconds alone."""
    cdef int64_t most = 9000000000
    if nanoseconds and seconds > -most and seconds < most and nanoseconds < 1000000000:
        return put_timestamp(sink, seconds * 1000000000 + nanoseconds, 9, True)
    return put_timestamp(sink, seconds, 0, True)


cdef inline bint _take(Bytes* value, Sink* sink, int64_t size) noexcept nogil:
    if size < 0 or size > value.stop - value.at:
        return fail(sink, CUT_OFF)
    value.at += size
    return True


cdef inline bint _number(Bytes* value, Sink* sink, int width, uint64_t* number) noexcept nogil:
    """Read an integer, big-endian."""
    cdef int at
    if not _take(value, sink, width):
        return False
    number[0] = 0
    for at in range(width):
        number[0] = number[0] << 8 | value.data[value.at - width + at]
    return True
