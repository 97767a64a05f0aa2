"""Writes texts whose bytes all stand for themselves, which most are, in one step; others are left to `put_text`."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from workbench.decoding.native.json_text cimport Sink, more, put_text

cdef enum:
    SLACK = 16  # bytes that a copy may write behind its end

cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #endif
    /* Copies bytes up to the first quote, backslash, control character or byte above ASCII, and says how many. It may
       read `readable` bytes and write 16 more than it copies. */
    static inline int64_t wb_copy_plain(uint8_t* out, const uint8_t* data, int64_t size, int64_t readable) {
        int64_t at = 0;
    #if defined(__SSE2__)
        while (at < size && readable - at >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i*)(data + at));
            __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5C))));
            unsigned found = (unsigned)_mm_movemask_epi8(special);
            _mm_storeu_si128((__m128i*)(out + at), bytes);
            if (size - at < 16) found |= 1u << (size - at);
            if (found) return at + __builtin_ctz(found);
            at += 16;
        }
    #endif
        while (at < size && data[at] >= 0x20 && data[at] < 0x80 && data[at] != 0x22 && data[at] != 0x5C) {
            out[at] = data[at];
            at++;
        }
        return at;
    }
    """
    int64_t wb_copy_plain(uint8_t* out, const uint8_t* data, int64_t size, int64_t readable) nogil


cdef inline bint has_room(Sink* sink, int64_t size) noexcept nogil:
    """Make room for so many bytes and the slack behind them."""
    return sink.size + size + SLACK <= min(sink.room, sink.limit) or more(sink, size + SLACK)


cdef inline bint put_plain_text(Sink* sink, const uint8_t* data, int64_t size, int64_t readable) noexcept nogil:
    """Write a text in quotes, of which more bytes may be read than it has; a fault where it is not UTF-8."""
    cdef uint8_t* out
    if sink.quiet or size + 2 + SLACK > sink.limit - sink.size:
        return put_text(sink, data, size)
    if not has_room(sink, size + 2):
        return False
    out = sink.data + sink.size
    if wb_copy_plain(out + 1, data, size, readable) < size:
        return put_text(sink, data, size)
    out[0] = out[size + 1] = c'"'
    sink.size += size + 2
    return True


cdef inline void copy_short(uint8_t* out, const uint8_t* text, int64_t size) noexcept nogil:
    """Copy a text behind which as many bytes as the slack may be read; most are as short."""
    memcpy(out, text, SLACK)
    if size > SLACK:
        memcpy(out + SLACK, text + SLACK, <size_t>(size - SLACK))
