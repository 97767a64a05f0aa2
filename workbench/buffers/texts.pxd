from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy


cdef struct Texts:
    const uint8_t* data
    const int32_t* short_ends  # of a string array; NULL for a large one
    const int64_t* long_ends
    const uint8_t* valid
    int64_t first
    int64_t count


cdef struct Place:
    const uint8_t* start
    int64_t size


cdef Texts texts_of(object array) except *


cdef inline bint is_null(const Texts* texts, int64_t at) noexcept nogil:
    cdef int64_t bit = texts.first + at
    return texts.valid != NULL and not (texts.valid[bit >> 3] >> (bit & 7)) & 1


cdef inline Place place_of(const Texts* texts, int64_t at) noexcept nogil:
    cdef Place place
    cdef int64_t start
    if texts.short_ends != NULL:
        start = texts.short_ends[at]
        place.size = texts.short_ends[at + 1] - start
    else:
        start = texts.long_ends[at]
        place.size = texts.long_ends[at + 1] - start
    place.start = texts.data + start
    return place


cdef inline uint64_t hash_of(const uint8_t* at, int64_t size) noexcept nogil:
    """Mix eight bytes at a time, as MurmurHash64A does. The result is stored in files: it must never change."""
    cdef uint64_t mixed = 0xC6A4A7935BD1E995U
    cdef uint64_t value = 0x9E3779B97F4A7C15U ^ (<uint64_t>size * mixed)
    cdef uint64_t word
    while size > 0:
        word = 0
        if size >= 8:
            memcpy(&word, at, 8)
        else:
            memcpy(&word, at, <size_t>size)
        word *= mixed
        word ^= word >> 47
        word *= mixed
        value ^= word
        value *= mixed
        at += 8
        size -= 8
    value ^= value >> 47
    value *= mixed
    return value ^ (value >> 47)


cdef inline uint64_t hash_at(Place place) noexcept nogil:
    return hash_of(place.start, place.size)
