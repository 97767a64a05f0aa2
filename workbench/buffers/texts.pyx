# cython: language_level=3, boundscheck=False, wraparound=False
"""Hashes the texts of Arrow arrays, and numbers them: equal texts get equal numbers, across several arrays."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy

import pyarrow as pa

from workbench.buffers.slices cimport address, new_buffer

cdef extern from *:
    """
    #define fetch_ahead(place) __builtin_prefetch(place)
    """
    void fetch_ahead(const void* place) noexcept nogil

cdef enum:
    STEP = 64  # texts whose table entries are fetched while others are compared


cdef struct Texts:
    const uint8_t* data
    const int32_t* short_ends  # of a string array; NULL for a large one
    const int64_t* long_ends
    const uint8_t* valid
    int64_t first
    int64_t count


cdef struct Entry:
    uint32_t tag  # the upper half of the hash: tells most other texts apart without a look at them
    uint32_t number  # from 1; 0 is a free place


cdef struct Place:
    const uint8_t* start
    int64_t size


cdef Texts texts_of(object array) except *:
    """Return the bytes and bounds of a string array of either size; the caller must keep the array."""
    cdef Texts texts
    small = pa.types.is_string(array.type)
    if not (small or pa.types.is_large_string(array.type)):
        raise TypeError(f"a string array is needed, not {array.type}")
    valid, ends, data = array.buffers()
    texts.count = len(array)
    texts.first = array.offset
    texts.valid = <const uint8_t*>address(valid) if valid is not None else NULL
    texts.data = <const uint8_t*>address(data) if data is not None else NULL
    texts.short_ends = NULL
    texts.long_ends = NULL
    if texts.count:
        if small:
            texts.short_ends = <const int32_t*>address(ends) + texts.first
        else:
            texts.long_ends = <const int64_t*>address(ends) + texts.first
    return texts


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


def hash_bytes(const uint8_t[::1] content):
    """Hash bytes to a whole number of 64 bits, the same on every machine and in every version."""
    return hash_of(&content[0] if content.shape[0] else NULL, content.shape[0])


def hash_texts(array):
    """Hash each text to 64 bits, the same on every machine and in every version; null is 0.

    Args:
        array: A string or large string array.

    Returns:
        A uint64 array without nulls.

    Raises:
        TypeError: It is an array of another type.
    """
    cdef Texts texts = texts_of(array)
    cdef int64_t row
    content = new_buffer(8 * texts.count)
    cdef uint64_t* into = <uint64_t*>address(content)
    with nogil:
        for row in range(texts.count):
            into[row] = 0 if is_null(&texts, row) else hash_at(place_of(&texts, row))
    return pa.Array.from_buffers(pa.uint64(), texts.count, [None, content])


def number_texts(arrays):
    """Number the texts of several arrays together, from 0 in the order in which they first occur; null is -1.

    Args:
        arrays: String or large string arrays.

    Returns:
        For each array an int64 array of numbers; and an int64 array with the place of the first text of each number,
        counted through all arrays.

    Raises:
        TypeError: One is an array of another type.
        MemoryError: There is no memory for the table.
    """
    cdef int64_t total = sum(len(array) for array in arrays)
    cdef int64_t room = 16
    while room < 2 * total:
        room *= 2
    if total >= 0xFFFFFFFF:
        raise MemoryError("more than 4 thousand million texts")
    first = new_buffer(8 * total)
    cdef Entry* table = <Entry*>calloc(<size_t>room, sizeof(Entry))
    cdef Place* known = <Place*>malloc(<size_t>(total + 1) * sizeof(Place))
    cdef int64_t* places = <int64_t*>address(first) if total else NULL
    cdef int64_t* into
    cdef int64_t count = 0, before = 0
    cdef Texts texts
    numbered = []
    try:
        if table == NULL or known == NULL:
            raise MemoryError(f"no memory for a table of {total} texts")
        for array in arrays:
            texts = texts_of(array)
            numbers = new_buffer(8 * texts.count)
            if texts.count:
                into = <int64_t*>address(numbers)
                with nogil:
                    count = _number(&texts, into, table, room - 1, known, places, count, before)
            before += texts.count
            numbered.append(pa.Array.from_buffers(pa.int64(), texts.count, [None, numbers]))
    finally:
        free(table)
        free(known)
    return numbered, pa.Array.from_buffers(pa.int64(), count, [None, first])


cdef int64_t _number(
    const Texts* texts, int64_t* numbers, Entry* table, int64_t mask, Place* known, int64_t* places,
    int64_t count, int64_t before,
) noexcept nogil:
    cdef uint64_t hashes[STEP]
    cdef int64_t row, begin, end, slot
    cdef uint32_t tag
    cdef Place place
    cdef Place* other
    begin = 0
    while begin < texts.count:
        end = min(begin + STEP, texts.count)
        for row in range(begin, end):
            if not is_null(texts, row):
                hashes[row - begin] = hash_at(place_of(texts, row))
                fetch_ahead(table + <int64_t>(hashes[row - begin] & <uint64_t>mask))
        for row in range(begin, end):
            if is_null(texts, row):
                numbers[row] = -1
                continue
            place = place_of(texts, row)
            slot = <int64_t>(hashes[row - begin] & <uint64_t>mask)
            tag = <uint32_t>(hashes[row - begin] >> 32)
            while table[slot].number != 0:
                if table[slot].tag == tag:
                    other = known + (table[slot].number - 1)
                    if other.size == place.size and memcmp(other.start, place.start, <size_t>place.size) == 0:
                        break
                slot = (slot + 1) & mask
            if table[slot].number == 0:
                known[count] = place
                places[count] = before + row
                count += 1
                table[slot].tag = tag
                table[slot].number = <uint32_t>count
            numbers[row] = <int64_t>table[slot].number - 1
        begin = end
    return count
