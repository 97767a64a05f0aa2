# cython: language_level=3, boundscheck=False, wraparound=False
"""Writes what a JSON text with escapes means.

Half of a surrogate pair, which UTF-8 does not have, is written as three bytes that are no UTF-8.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.decoding.native.json_parts cimport code_unit


cdef int32_t unescape(const uint8_t* text, int64_t size, uint8_t* into) noexcept nogil:
    """Write the meaning of the inside of a good token; returns its bytes, at most ``size``: escapes are longer."""
    cdef int64_t at = 0, point, low
    cdef int32_t end = 0
    cdef uint8_t byte
    while at < size:
        byte = text[at]
        if byte != c"\\" or size - at < 2:
            into[end] = byte
            end += 1
            at += 1
            continue
        byte = text[at + 1]
        if byte != c"u":
            into[end] = _meant_by(byte)
            end += 1
            at += 2
            continue
        # `escape_size` has checked the four digits.
        point = code_unit(text, at, size)
        at += 6
        low = code_unit(text, at, size)
        if 0xD800 <= point <= 0xDBFF and 0xDC00 <= low <= 0xDFFF:
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00)
            at += 6
        end += _encode(point, into + end)
    return end


cdef inline uint8_t _meant_by(uint8_t letter) noexcept nogil:
    """Return the byte that an escape of two bytes stands for; quote, backslash and slash stand for themselves."""
    if letter == c"b":
        return 8
    if letter == c"f":
        return 12
    if letter == c"n":
        return 10
    if letter == c"r":
        return 13
    if letter == c"t":
        return 9
    return letter


cdef inline int _encode(int64_t point, uint8_t* into) noexcept nogil:
    """Write a character as UTF-8; returns its bytes."""
    if point < 0x80:
        into[0] = <uint8_t>point
        return 1
    if point < 0x800:
        into[0] = <uint8_t>(0xC0 | point >> 6)
        into[1] = <uint8_t>(0x80 | point & 0x3F)
        return 2
    if point < 0x10000:
        into[0] = <uint8_t>(0xE0 | point >> 12)
        into[1] = <uint8_t>(0x80 | point >> 6 & 0x3F)
        into[2] = <uint8_t>(0x80 | point & 0x3F)
        return 3
    into[0] = <uint8_t>(0xF0 | point >> 18)
    into[1] = <uint8_t>(0x80 | point >> 12 & 0x3F)
    into[2] = <uint8_t>(0x80 | point >> 6 & 0x3F)
    into[3] = <uint8_t>(0x80 | point & 0x3F)
    return 4
