"""Checks UTF-8 strictly: no overlong forms, no surrogates, nothing above U+10FFFF."""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy


cdef inline int utf8_size(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Return the size of the character that begins at ``at``; 0 where there is none (Unicode 16, table 3-7)."""
    cdef uint8_t first = data[at]
    cdef uint8_t low = 0x80, high = 0xBF
    cdef int size, place
    if 0xC2 <= first <= 0xDF:
        size = 2
    elif 0xE0 <= first <= 0xEF:
        size = 3
        low = 0xA0 if first == 0xE0 else low
        high = 0x9F if first == 0xED else high
    elif 0xF0 <= first <= 0xF4:
        size = 4
        low = 0x90 if first == 0xF0 else low
        high = 0x8F if first == 0xF4 else high
    else:
        return 0
    # The size is compared with the end before the bytes that follow are read.
    if stop - at < size or not low <= data[at + 1] <= high:
        return 0
    for place in range(2, size):
        if not 0x80 <= data[at + place] <= 0xBF:
            return 0
    return size


cdef inline bint is_utf8(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether the bytes from ``at`` to ``stop`` are UTF-8."""
    cdef uint64_t word
    cdef int size
    while at < stop:
        # Most text is ASCII: eight bytes at a time while no highest bit is set.
        while stop - at >= 8:
            memcpy(&word, data + at, 8)
            if word & <uint64_t>0x8080808080808080:
                break
            at += 8
        if at == stop:
            return True
        size = 1 if data[at] < 0x80 else utf8_size(data, at, stop)
        if size == 0:
            return False
        at += size
    return True
