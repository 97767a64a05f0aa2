# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""JSON text that grows: texts with their escapes, bytes as base64, UUIDs.

What is written is bounded by the size of what is read, so that a few bytes cannot fill the memory.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy

from workbench.buffers.utf8 cimport utf8_size

cdef uint64_t _EACH = <uint64_t>0x0101010101010101  # a byte in each place of a word
cdef uint8_t _PLAIN[256]
for _byte in range(256):
    _PLAIN[_byte] = 0x20 <= _byte < 0x80 and _byte not in b'"\\'
cdef const char* _HEX = b"0123456789abcdef"
cdef const char* _BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


cdef bint fail(Sink* sink, Fault fault) noexcept nogil:
    """Note the first fault of a value; always false."""
    if sink.fault == WELL:
        sink.fault = fault
    return False


cdef bint more(Sink* sink, int64_t size) noexcept nogil:
    """Make room for so many bytes; false where the value would become too large."""
    cdef int64_t room
    cdef uint8_t* data
    if size < 0 or size > sink.limit - sink.size:
        return fail(sink, LARGE)
    if sink.size + size > sink.room:
        room = max(sink.size + size, sink.room + (sink.room >> 1), 4096)
        data = <uint8_t*>realloc(sink.data, <size_t>room)
        if data == NULL:
            return fail(sink, NO_MEMORY)
        sink.data, sink.room = data, room
    return True


cdef bint put_text(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write a text in quotes; a fault where the bytes are not UTF-8."""
    return put_byte(sink, c'"') and put_part(sink, data, size) and put_byte(sink, c'"')


cdef bint put_part(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write a part of a text, without quotes; a fault where the bytes are not UTF-8."""
    cdef int64_t at = 0, run = 0
    cdef int width
    cdef uint8_t byte
    cdef uint64_t word
    cdef uint8_t escape[6]
    while at < size:
        # Most text is plain: eight bytes at a time while there is no quote, backslash, control character or byte
        # above ASCII.
        while size - at >= 8:
            memcpy(&word, data + at, 8)
            if (
                word | ((word ^ _EACH * 0x22) - _EACH) | ((word ^ _EACH * 0x5C) - _EACH) | (word - _EACH * 0x20)
            ) & _EACH * 0x80:
                break
            at += 8
        if at == size:
            break
        byte = data[at]
        if _PLAIN[byte]:
            at += 1
        elif byte >= 0x80:
            width = utf8_size(data, at, size)
            if not width:
                return fail(sink, NOT_UTF8)
            at += width
        else:
            if not put(sink, data + run, at - run):
                return False
            escape[0] = c"\\"
            if byte == c'"' or byte == c"\\":
                escape[1] = byte
                width = 2
            elif byte == c"\n":
                escape[1] = c"n"
                width = 2
            else:
                escape[1], escape[2], escape[3] = c"u", c"0", c"0"
                escape[4], escape[5] = _HEX[byte >> 4], _HEX[byte & 15]
                width = 6
            if not put(sink, escape, width):
                return False
            at += 1
            run = at
    return put(sink, data + run, size - run)


cdef bint put_base64(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write bytes as a text of base64 (RFC 4648, section 4)."""
    cdef int64_t at
    cdef uint8_t* out
    cdef uint64_t three
    if sink.quiet:
        return True
    if size > (<int64_t>1 << 40) or not more(sink, (size + 2) // 3 * 4 + 2):
        return fail(sink, LARGE)
    out = sink.data + sink.size
    out[0] = c'"'
    out += 1
    for at in range(0, size - 2, 3):
        three = <uint64_t>data[at] << 16 | <uint64_t>data[at + 1] << 8 | data[at + 2]
        out[0], out[1] = _BASE64[three >> 18], _BASE64[three >> 12 & 63]
        out[2], out[3] = _BASE64[three >> 6 & 63], _BASE64[three & 63]
        out += 4
    at = size // 3 * 3
    if size - at:
        three = <uint64_t>data[at] << 16 | (<uint64_t>data[at + 1] << 8 if size - at == 2 else 0)
        out[0], out[1] = _BASE64[three >> 18], _BASE64[three >> 12 & 63]
        out[2] = _BASE64[three >> 6 & 63] if size - at == 2 else c"="
        out[3] = c"="
        out += 4
    out[0] = c'"'
    sink.size = out + 1 - sink.data
    return True


cdef bint put_uuid(Sink* sink, const uint8_t* data) noexcept nogil:
    """Write 16 bytes as a UUID."""
    cdef uint8_t text[38]
    cdef int at, place = 1
    text[0] = text[37] = c'"'
    for at in range(16):
        if at == 4 or at == 6 or at == 8 or at == 10:
            text[place] = c"-"
            place += 1
        text[place], text[place + 1] = _HEX[data[at] >> 4], _HEX[data[at] & 15]
        place += 2
    return put(sink, text, 38)
