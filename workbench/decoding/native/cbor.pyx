# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads CBOR (RFC 8949) to JSON text.

Bytes become base64, whole numbers of any size and decimal fractions exact numbers, times and UUIDs texts. Other tags are
left out and their content stands alone; a reference to an earlier value stays its number, so that nothing repeats itself.
"""

from libc.math cimport ldexp
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from workbench.decoding.native.json_fractions cimport put_double, put_float
from workbench.decoding.native.json_numbers cimport put_decimal, put_int, put_uint
from workbench.decoding.native.json_text cimport (
    BAD_KEY,
    CUT_OFF,
    DEEP,
    LARGE,
    NO_MEMORY,
    UNKNOWN_CODE,
    Sink,
    fail,
    put,
    put_base64,
    put_byte,
    put_part,
    put_text,
    put_uuid,
)
from workbench.decoding.native.json_times cimport put_timestamp
from workbench.decoding.native.value_reader cimport MOST_LEVELS, Bytes, ValueReader

cdef enum:
    _UNSIGNED = 0
    _NEGATIVE = 1
    _BYTES = 2
    _TEXT = 3
    _ARRAY = 4
    _MAP = 5
    _TAG = 6
    _OTHER = 7
    _ENDLESS = 31  # in the place of a length: parts follow until a break
    _BREAK = 0xFF
    _LONGEST_WHOLE = 127  # bytes of the largest whole number that is written as one


cdef struct Head:
    int major, info
    uint64_t number


cdef class CborReader(ValueReader):
    """Reads CBOR; no schema is needed."""

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        return _value(value, sink, 0)


cdef bint _head(Bytes* value, Sink* sink, Head* head) noexcept nogil:
    """Read the first byte of an item, and the number behind it."""
    cdef int width, at
    if value.at >= value.stop:
        return fail(sink, CUT_OFF)
    head.major, head.info = value.data[value.at] >> 5, value.data[value.at] & 31
    head.number = <uint64_t>head.info
    value.at += 1
    if head.info < 24:
        return True
    if 28 <= head.info <= 30 or (head.info == _ENDLESS and head.major in (_UNSIGNED, _NEGATIVE, _TAG)):
        value.at -= 1
        return fail(sink, UNKNOWN_CODE)
    if head.info == _ENDLESS:
        return True
    width = 1 << (head.info - 24)
    if width > value.stop - value.at:
        return fail(sink, CUT_OFF)
    head.number = 0
    for at in range(width):
        head.number = head.number << 8 | value.data[value.at + at]
    value.at += width
    return True


cdef bint _value(Bytes* value, Sink* sink, int level) noexcept nogil:
    cdef Head head
    sink.steps -= 1
    if sink.steps < 0:
        return fail(sink, LARGE)
    if level > MOST_LEVELS:
        return fail(sink, DEEP)
    if not _head(value, sink, &head):
        return False
    if head.major == _UNSIGNED:
        return put_uint(sink, head.number)
    if head.major == _NEGATIVE:
        return _negative(sink, head.number)
    if head.major == _BYTES or head.major == _TEXT:
        return _string(value, sink, &head)
    if head.major == _ARRAY or head.major == _MAP:
        return _items(value, sink, &head, level + 1)
    if head.major == _TAG:
        return _tagged(value, sink, head.number, level + 1)
    return _other(value, sink, &head)


cdef bint _negative(Sink* sink, uint64_t number) noexcept nogil:
    """Write -1 minus a number of 64 bits."""
    if number == <uint64_t>0xFFFFFFFFFFFFFFFF:
        return put(sink, b"-18446744073709551616", 21)
    return put_byte(sink, c"-") and put_uint(sink, number + 1)


cdef bint _string(Bytes* value, Sink* sink, const Head* head) noexcept nogil:
    cdef int64_t size = <int64_t>head.number
    if head.info == _ENDLESS:
        return _pieces(value, sink, head.major)
    if size < 0 or size > value.stop - value.at:
        return fail(sink, CUT_OFF)
    value.at += size
    if head.major == _TEXT:
        return put_text(sink, value.data + value.at - size, size)
    return put_base64(sink, value.data + value.at - size, size)


cdef bint _pieces(Bytes* value, Sink* sink, int major) noexcept nogil:
    """Read a text or bytes that come in pieces."""
    cdef uint8_t* joined = <uint8_t*>malloc(<size_t>(value.stop - value.at + 1))
    cdef int64_t size = 0
    cdef Head head
    cdef bint good = False
    if joined == NULL:
        return fail(sink, NO_MEMORY)
    while True:
        if value.at >= value.stop:
            fail(sink, CUT_OFF)
            break
        if value.data[value.at] == _BREAK:
            value.at += 1
            good = put_text(sink, joined, size) if major == _TEXT else put_base64(sink, joined, size)
            break
        if not _head(value, sink, &head):
            break
        if head.major != major or head.info == _ENDLESS:
            fail(sink, UNKNOWN_CODE)
            break
        if head.number > <uint64_t>(value.stop - value.at):
            fail(sink, CUT_OFF)
            break
        memcpy(joined + size, value.data + value.at, <size_t>head.number)
        size += <int64_t>head.number
        value.at += <int64_t>head.number
    free(joined)
    return good


cdef bint _items(Bytes* value, Sink* sink, const Head* head, int level) noexcept nogil:
    cdef bint is_map = head.major == _MAP
    cdef uint64_t done = 0
    if not put_byte(sink, c"{" if is_map else c"["):
        return False
    while head.info == _ENDLESS or done < head.number:
        if head.info == _ENDLESS and value.at < value.stop and value.data[value.at] == _BREAK:
            value.at += 1
            break
        if done and not put_byte(sink, c","):
            return False
        if is_map and not (_key(value, sink, level) and put_byte(sink, c":")):
            return False
        if not _value(value, sink, level):
            return False
        done += 1
    return put_byte(sink, c"}" if is_map else c"]")


cdef bint _key(Bytes* value, Sink* sink, int level) noexcept nogil:
    """Read a key: a member of JSON has a text for a name, so numbers are written as texts."""
    cdef int major
    if value.at >= value.stop:
        return fail(sink, CUT_OFF)
    major = value.data[value.at] >> 5
    if major == _TEXT or major == _BYTES:
        return _value(value, sink, level)
    if major == _UNSIGNED or major == _NEGATIVE or 0xF4 <= value.data[value.at] <= 0xF7:
        return put_byte(sink, c'"') and _value(value, sink, level) and put_byte(sink, c'"')
    return fail(sink, BAD_KEY)


cdef bint _tagged(Bytes* value, Sink* sink, uint64_t tag, int level) noexcept nogil:
    """Read the content of a tag, with its meaning where JSON has a way to say it."""
    cdef Bytes former = value[0]
    cdef Head head, second
    if tag not in (1, 2, 3, 4, 37):
        return _value(value, sink, level)
    if not _head(value, sink, &head):
        return False
    if tag == 1 and head.major in (_UNSIGNED, _NEGATIVE) and head.number < (<uint64_t>1 << 50):
        return put_timestamp(sink, <int64_t>head.number if head.major == 0 else -1 - <int64_t>head.number, 0, True)
    if tag in (2, 3) and head.major == _BYTES and head.number <= _LONGEST_WHOLE:
        return _whole(value, sink, <int64_t>head.number, tag == 3)
    if tag == 37 and head.major == _BYTES and head.number == 16 and value.stop - value.at >= 16:
        value.at += 16
        return put_uuid(sink, value.data + value.at - 16)
    if tag == 4 and head.major == _ARRAY and head.number == 2 and head.info != _ENDLESS:
        if not _head(value, sink, &head) or not _head(value, sink, &second):
            return False
        if head.major <= _NEGATIVE and second.major <= _NEGATIVE:
            return (
                _integer(sink, &second) and put_byte(sink, c"E") and _integer(sink, &head)
            )
    value.at = former.at
    return _value(value, sink, level)


cdef bint _integer(Sink* sink, const Head* head) noexcept nogil:
    return put_uint(sink, head.number) if head.major == _UNSIGNED else _negative(sink, head.number)


cdef bint _whole(Bytes* value, Sink* sink, int64_t size, bint negative) noexcept nogil:
    """Write a whole number of up to 1,016 bits: as a text, because few readers of JSON keep so many digits."""
    cdef uint8_t twos[_LONGEST_WHOLE + 1]
    cdef int64_t at
    if size > value.stop - value.at:
        return fail(sink, CUT_OFF)
    twos[0] = 0xFF if negative else 0
    for at in range(size):
        twos[at + 1] = <uint8_t>~value.data[value.at + at] if negative else value.data[value.at + at]
    value.at += size
    return put_decimal(sink, twos, size + 1, 0)


cdef bint _other(Bytes* value, Sink* sink, const Head* head) noexcept nogil:
    """Read a simple value or a float."""
    cdef double wide
    cdef float narrow
    cdef uint32_t bits
    if head.info == 20:
        return put(sink, b"false", 5)
    if head.info == 21:
        return put(sink, b"true", 4)
    if head.info == 22 or head.info == 23:
        return put(sink, b"null", 4)
    if head.info == 25:
        return put_double(sink, _half(<uint32_t>head.number))
    if head.info == 26:
        bits = <uint32_t>head.number
        memcpy(&narrow, &bits, 4)
        return put_float(sink, narrow)
    if head.info == 27:
        memcpy(&wide, &head.number, 8)
        return put_double(sink, wide)
    if head.info == _ENDLESS:
        return fail(sink, UNKNOWN_CODE)
    return put(sink, b'{"simple":', 10) and put_uint(sink, head.number) and put_byte(sink, c"}")


cdef double _half(uint32_t bits) noexcept nogil:
    """Return the number of a float of 16 bits (RFC 8949, appendix D)."""
    cdef int exponent = bits >> 10 & 31, mantissa = bits & 1023
    cdef double number
    if exponent == 0:
        number = ldexp(mantissa, -24)
    elif exponent != 31:
        number = ldexp(mantissa + 1024, exponent - 25)
    else:
        number = <double>1e308 * 10 if mantissa == 0 else (<double>1e308 * 10) * 0
    return -number if bits & 0x8000 else number
