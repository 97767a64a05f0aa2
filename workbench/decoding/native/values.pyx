# cython: language_level=3, boundscheck=False, wraparound=False
"""Compares and joins values, and gives memory for those that had to be made, until the next record."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

cdef enum:
    _SMALLEST_CHUNK = 1 << 16

cdef enum:
    _CAPITAL = 1
    _NO_DIGIT = 2

# What is found in a text beside hex digits in lower case. Most texts hold those alone, so all bytes are looked at: 16 of
# them together where the processor has the instructions, which all of x86-64 have.
cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    /* Marks the bytes that are one of `count` from `first` on. */
    static inline __m128i wb_is_among(__m128i bytes, char first, char count) {
        __m128i place = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
        return _mm_cmpeq_epi8(_mm_min_epu8(place, _mm_set1_epi8(count - 1)), place);
    }
    #endif
    static inline int wb_beside_hex(const uint8_t* text, int64_t size) {
        int found = 0;
    #if defined(__SSE2__)
        for (; size >= 16; text += 16, size -= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i*)text);
            __m128i hex = _mm_or_si128(wb_is_among(bytes, '0', 10), wb_is_among(bytes, 'a', 6));
            if (_mm_movemask_epi8(hex) == 0xFFFF) continue;
            hex = _mm_or_si128(hex, wb_is_among(bytes, 'A', 6));
            found |= _mm_movemask_epi8(hex) == 0xFFFF ? 1 : 2;
        }
    #endif
        for (; size > 0; text++, size--) {
            if ((uint8_t)(*text - '0') < 10 || (uint8_t)(*text - 'a') < 6) continue;
            found |= (uint8_t)(*text - 'A') < 6 ? 1 : 2;
        }
        return found;
    }
    """
    int wb_beside_hex(const uint8_t* text, int64_t size) nogil


cdef uint8_t* take(Arena* arena, int64_t size) noexcept nogil:
    """Return memory that stays until the arena is reset; NULL where there is none."""
    cdef Chunk* chunk = arena.chunk
    cdef int64_t room
    if chunk == NULL or arena.used + size > chunk.room:
        room = max(size, _SMALLEST_CHUNK if chunk == NULL else 2 * chunk.room)
        chunk = <Chunk*>malloc(sizeof(Chunk) + <size_t>room)
        if chunk == NULL:
            arena.failed = True
            return NULL
        # Values point into the former chunk, so it is kept.
        chunk.former, chunk.room = arena.chunk, room
        arena.chunk, arena.used = chunk, 0
    arena.used += size
    return <uint8_t*>(chunk + 1) + arena.used - size


cdef void reset(Arena* arena) noexcept nogil:
    """Give all memory back but the largest chunk, which serves the next record."""
    cdef Chunk* chunk
    arena.used = 0
    if arena.chunk == NULL:
        return
    chunk, arena.chunk.former = arena.chunk.former, NULL
    _free(chunk)


cdef void release_arena(Arena* arena) noexcept nogil:
    _free(arena.chunk)
    arena.chunk, arena.used = NULL, 0


cdef void _free(Chunk* chunk) noexcept nogil:
    cdef Chunk* former
    while chunk != NULL:
        former = chunk.former
        free(chunk)
        chunk = former


cdef Value joined(Arena* arena, const Value* parts, int count) noexcept nogil:
    """Return the parts one after the other, as text."""
    cdef int at
    cdef int64_t size = 0
    cdef uint8_t* into
    for at in range(count):
        size += parts[at].size
    into = take(arena, size)
    if into == NULL:
        return nothing()
    size = 0
    for at in range(count):
        memcpy(into + size, parts[at].data, <size_t>parts[at].size)
        size += parts[at].size
    return Value(into, <int32_t>size, True)


cdef bint is_bytes(const Value* value, const char* text, int32_t size) noexcept nogil:
    return value.data != NULL and value.size == size and memcmp(value.data, text, <size_t>size) == 0


cdef int compare(const Value* left, const Value* right) noexcept nogil:
    """Return the order of two values by their bytes, which for UTF-8 is the order by code points."""
    cdef int order = memcmp(left.data, right.data, <size_t>min(left.size, right.size))
    return order if order else left.size - right.size


cdef Value stripped(Value value) noexcept nogil:
    """Return a value without the blanks, tabs and line ends around it."""
    while value.size and _is_space(value.data[0]):
        value.data += 1
        value.size -= 1
    while value.size and _is_space(value.data[value.size - 1]):
        value.size -= 1
    return value


cdef inline bint _is_space(uint8_t byte) noexcept nogil:
    return byte == c" " or 9 <= byte <= 13


cdef bint all_hex(const uint8_t* text, int64_t size) noexcept nogil:
    return wb_beside_hex(text, size) < _NO_DIGIT


cdef bint all_lower_hex(const uint8_t* text, int64_t size) noexcept nogil:
    return wb_beside_hex(text, size) == 0


cdef bint is_uuid(const uint8_t* text, bint* capitals) noexcept nogil:
    """Whether 36 bytes are a UUID with hyphens; notes whether it has capital letters."""
    cdef uint8_t digits[32]
    cdef int found
    if text[8] != c"-" or text[13] != c"-" or text[18] != c"-" or text[23] != c"-":
        return False
    memcpy(digits, text, 8)
    memcpy(digits + 8, text + 9, 4)
    memcpy(digits + 12, text + 14, 4)
    memcpy(digits + 16, text + 19, 4)
    memcpy(digits + 20, text + 24, 12)
    found = wb_beside_hex(digits, sizeof(digits))
    capitals[0] = found == _CAPITAL
    return found < _NO_DIGIT


cdef bint not_zero(const uint8_t* digits, int64_t size) noexcept nogil:
    """Whether any of the digits is not zero."""
    cdef int64_t at
    for at in range(size):
        if digits[at] != c"0":
            return True
    return False


cdef uint8_t lower(uint8_t letter) noexcept nogil:
    return letter + 32 if c"A" <= letter <= c"Z" else letter
