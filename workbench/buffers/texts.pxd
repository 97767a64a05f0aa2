from libc.stdint cimport int32_t, int64_t, uint8_t


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
