"""Characters in UTF-8, judged strictly."""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy


cdef inline int utf8_size(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Bytes of the character that begins here, 0 where it is none (Unicode 16, table 3-7)."""
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
    if stop - at < size or not low <= data[at + 1] <= high:
        return 0
    for place in range(2, size):
        if not 0x80 <= data[at + place] <= 0xBF:
            return 0
    return size


cdef inline bint is_utf8(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether these bytes are text."""
    cdef uint64_t word
    cdef int size
    while at < stop:
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
