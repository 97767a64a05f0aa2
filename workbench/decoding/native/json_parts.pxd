"""Steps over the parts of a JSON text (RFC 8259): white space, texts with their escapes, numbers and words.

The functions are compiled into each module that uses them, because a value has some hundred parts.
"""

from libc.stdint cimport int64_t, uint8_t

from workbench.buffers.utf8 cimport utf8_size

# The kinds of JSON values. EMPTY is the text without letters.
cdef enum Kind:
    ABSENT, NULL_, EMPTY, TEXT, BOOLEAN, NUMBER, OBJECT, ARRAY

# Bytes that stand for themselves inside a text are plain: no quote, no backslash, no control character (below 0x20), no
# part of a longer character (from 0x80). All processors of x86-64 compare 16 bytes at once; a signed comparison with
# 0x20 finds both those below it and those from 0x80. Elsewhere 8 bytes are looked at in a word: subtracting borrows
# from the next higher byte only, so the lowest byte that is marked is really one, and the loop behind finds it.
cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #endif
    #define WB_EACH(byte) (0x0101010101010101ULL * (byte))
    static inline int wb_is_plain(unsigned char byte) {
        return byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C;
    }
    static inline int64_t wb_plain_end(const uint8_t* data, int64_t at, int64_t stop) {
    #if defined(__SSE2__)
        while (stop - at >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i*)(data + at));
            __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5C))));
            int found = _mm_movemask_epi8(special);
            if (found) return at + __builtin_ctz(found);
            at += 16;
        }
    #else
        while (stop - at >= 8) {
            uint64_t word;
            memcpy(&word, data + at, 8);
            uint64_t special = ((word ^ WB_EACH(0x22)) - WB_EACH(1)) | ((word ^ WB_EACH(0x5C)) - WB_EACH(1));
            if ((special | (word - WB_EACH(0x20)) | word) & WB_EACH(0x80)) break;
            at += 8;
        }
    #endif
        while (at < stop && wb_is_plain(data[at])) at++;
        return at;
    }
    """
    int64_t wb_plain_end(const uint8_t* data, int64_t at, int64_t stop) nogil


cdef struct Text:
    int64_t start  # after the first quote
    int64_t stop  # the last quote
    bint escaped
    bint is_open  # whether the data ends before the text does


cdef inline int64_t past_space(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Step over the white space of JSON; never beyond ``stop``."""
    # Compact texts have none, so the one comparison that says so comes first.
    while at < stop and data[at] <= c" ":
        if data[at] != c" " and data[at] != b"\n" and data[at] != b"\r" and data[at] != b"\t":
            break
        at += 1
    return at


cdef inline int64_t code_unit(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """The code unit of ``\\uXXXX``; -1 where it is none."""
    cdef int64_t unit = 0
    cdef int place
    cdef uint8_t byte
    if stop - at < 6 or data[at] != c"\\" or data[at + 1] != c"u":
        return -1
    for place in range(2, 6):
        byte = data[at + place]
        unit <<= 4
        if c"0" <= byte <= c"9":
            unit |= byte - c"0"
        elif c"a" <= (byte | 0x20) <= c"f":
            unit |= (byte | 0x20) - c"a" + 10
        else:
            return -1
    return unit


cdef inline bint is_short_escape(uint8_t letter) noexcept nogil:
    """Whether a letter makes an escape of two bytes."""
    return (
        letter == c'"' or letter == c"\\" or letter == c"/" or letter == c"b"
        or letter == c"f" or letter == c"n" or letter == c"r" or letter == c"t"
    )  # fmt: skip


cdef inline int escape_size(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Bytes of the escape that begins here, a pair of surrogates being one; 0 where it is none."""
    cdef int64_t unit
    if stop - at < 2:
        return 0
    if is_short_escape(data[at + 1]):
        return 2
    unit = code_unit(data, at, stop)
    if unit < 0:
        return 0
    if not 0xD800 <= unit <= 0xDBFF:
        return 6
    # A high surrogate makes one character with a low one behind it; JSON allows it alone.
    unit = code_unit(data, at + 6, stop)
    return 12 if 0xDC00 <= unit <= 0xDFFF else 6


cdef inline bint read_text(const uint8_t* data, int64_t at, int64_t stop, Text* text) noexcept nogil:
    """Read what follows a quote, up to the next one; false where it is no text."""
    cdef uint8_t byte
    cdef int size
    cdef int64_t unit_end = -1
    text.start = at
    text.escaped = text.is_open = False
    while True:
        at = wb_plain_end(data, at, stop)
        if at >= stop:
            # Python finds another fault in an escape of a code unit at the very end.
            text.is_open = at != unit_end
            return False
        byte = data[at]
        if byte == c'"':
            text.stop = at
            return True
        if byte == c"\\":
            text.escaped = True
            size = escape_size(data, at, stop)
        elif byte < 0x20:
            return False
        else:
            size = 1 if byte < 0x80 else utf8_size(data, at, stop)
        if size == 0:
            return False
        at += size
        if size >= 6:
            unit_end = at


cdef inline int64_t past_digits(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Return the end of the digits that begin at ``at``; -1 if there is none."""
    cdef int64_t first = at
    while at < stop and c"0" <= data[at] <= c"9":
        at += 1
    return at if at > first else -1


cdef inline int64_t past_word(const uint8_t* data, int64_t at, int64_t stop, const char* word, int size) noexcept nogil:
    cdef int place
    if stop - at < size:
        return -1
    for place in range(size):
        if data[at + place] != <uint8_t>word[place]:
            return -1
    return at + size


cdef inline int64_t past_literal(const uint8_t* data, int64_t at, int64_t stop, Kind* kind) noexcept nogil:
    """Return the end of the number or literal that begins at ``at``; -1 if there is none."""
    cdef uint8_t byte = data[at]
    kind[0] = BOOLEAN
    if byte == c"t":
        return past_word(data, at, stop, b"true", 4)
    if byte == c"f":
        return past_word(data, at, stop, b"false", 5)
    kind[0] = NULL_
    if byte == c"n":
        return past_word(data, at, stop, b"null", 4)
    kind[0] = NUMBER
    if byte == c"-":
        at += 1
    if at >= stop:
        return -1
    # JSON has no leading zeros: a digit behind the zero is refused by the caller, which expects a comma or bracket.
    if data[at] == c"0":
        at += 1
    else:
        at = past_digits(data, at, stop)
    if 0 <= at < stop and data[at] == c".":
        at = past_digits(data, at + 1, stop)
    if 0 <= at < stop and (data[at] | 0x20) == c"e":
        at += 1
        if at < stop and (data[at] == c"+" or data[at] == c"-"):
            at += 1
        at = past_digits(data, at, stop)
    return at
