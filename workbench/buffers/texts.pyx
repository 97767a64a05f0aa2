# cython: language_level=3, boundscheck=False, wraparound=False
"""Hashes the texts of Arrow arrays, and numbers them: equal texts get equal numbers, across several arrays."""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

import secrets

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport address, new_buffer

cdef extern from *:
    """
    #define fetch_ahead(place) __builtin_prefetch(place)

    static inline unsigned long long multiplied(unsigned long long one, unsigned long long other) {
        unsigned __int128 product = (unsigned __int128)one * other;
        return (unsigned long long)product ^ (unsigned long long)(product >> 64);
    }
    """
    void fetch_ahead(const void* place) noexcept nogil
    uint64_t multiplied(uint64_t one, uint64_t other) noexcept nogil

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
    uint32_t row  # of the first such text through all arrays, from 1; 0 is a free place


cdef struct Place:
    const uint8_t* start
    int64_t size


cdef struct Table:
    Entry* entries
    int64_t mask  # one less than entries, which are a power of two
    int64_t count  # of different texts
    const Texts* arrays
    const int64_t* begins  # the row at which each array begins
    int64_t current  # the array that is being numbered
    int32_t* numbers  # of all rows so far


cdef enum:
    ABSENT = 0
    HASHED = 1
    REPEATED = 2  # the same text as in the row before


cdef struct Batch:
    int64_t count
    uint8_t state[STEP]
    uint64_t hashes[STEP]
    int64_t near[STEP]  # the row with the text that it probably is, -1 for none
    Place places[STEP]


# Numbers of texts do not depend on hashes, so these may differ in each process: nobody can prepare texts that collide.
cdef uint64_t FIRST_SECRET = secrets.randbits(64)
cdef uint64_t SECOND_SECRET = secrets.randbits(64)


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


cdef inline uint64_t word_at(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t secret_hash(Place place) noexcept nogil:
    """Hash a text for tables in memory: 16 bytes at a time, multiplied to 128 bits and folded (as wyhash does)."""
    cdef const uint8_t* at = place.start
    cdef int64_t left = place.size
    cdef uint64_t value = FIRST_SECRET ^ <uint64_t>place.size
    cdef uint64_t one = 0, other = 0
    while left > 16:
        value = multiplied(word_at(at) ^ SECOND_SECRET, word_at(at + 8) ^ value)
        at += 16
        left -= 16
    if left >= 8:
        # The two words may overlap: together they hold all bytes that are left.
        one, other = word_at(at), word_at(at + left - 8)
    elif left > 0:
        memcpy(&one, at, <size_t>left)
    return multiplied(one ^ SECOND_SECRET, other ^ value) ^ value


cdef inline uint32_t tag_of(uint64_t hashed) noexcept nogil:
    return <uint32_t>(hashed >> 32)


def hash_bytes(content):
    """Hash bytes to a whole number of 64 bits, the same on every machine and in every version."""
    data = pa.py_buffer(content)
    return hash_of(<const uint8_t*>address(data), data.size)


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
        For each array an int32 numpy array of numbers; and an int32 array with the place of the first text of each
        number, counted through all arrays.

    Raises:
        TypeError: One is an array of another type.
        MemoryError: There is no memory for the table, or there are 2^31 texts.
    """
    cdef int64_t rows = sum(map(len, arrays)), count = len(arrays), at
    cdef Table table
    cdef bint fits = True
    if rows > INT32_MAX:
        raise MemoryError(f"no memory for a table of {rows} texts")
    places, bounds = new_buffer(4 * rows), new_buffer(8 * (count + 1))
    numbers, begins = np.frombuffer(places, np.int32), np.frombuffer(bounds, np.int64)
    np.cumsum([0, *map(len, arrays)], out=begins)
    cdef int32_t* into = <int32_t*>address(places)
    cdef Texts* texts = <Texts*>calloc(<size_t>len(arrays) + 1, sizeof(Texts))
    if texts == NULL:
        raise MemoryError(f"no memory for {len(arrays)} arrays of texts")
    table.entries = NULL
    try:
        for at in range(len(arrays)):
            texts[at] = texts_of(arrays[at])
        open_table(&table, max(map(len, arrays), default=0))
        table.arrays, table.begins = texts, <const int64_t*>address(bounds)
        table.numbers = into
        with nogil:
            for at in range(count):
                table.current = at
                if not number_all(&table):
                    fits = False
                    break
        if not fits:
            raise MemoryError(f"no memory for a table of {table.count} texts")
    finally:
        free(table.entries)
        free(texts)
    first = new_buffer(4 * table.count)
    cdef int32_t* firsts = <int32_t*>address(first)
    cdef int32_t known = 0
    with nogil:
        for at in range(rows):
            if into[at] == known:
                firsts[known] = <int32_t>at
                known += 1
    return [numbers[begins[at] : begins[at + 1]] for at in range(len(arrays))], np.frombuffer(first, np.int32)


cdef int open_table(Table* table, int64_t rows) except -1:
    """Make an empty table with room for so many different texts; more make it grow."""
    table.count = 0
    table.mask = 15
    while table.mask < rows + rows // 2:
        table.mask = 2 * table.mask + 1
    table.entries = <Entry*>calloc(<size_t>(table.mask + 1), sizeof(Entry))
    if table.entries == NULL:
        raise MemoryError(f"no memory for a table of {rows} texts")
    return 0


cdef inline const Texts* array_of(const Table* table, int64_t* row) noexcept nogil:
    """Return the array that holds a row, and count the row from its beginning."""
    cdef int64_t low = 0, high = table.current, middle
    if row[0] >= table.begins[high]:
        low = high
    while low < high:
        middle = (low + high + 1) // 2
        if table.begins[middle] <= row[0]:
            low = middle
        else:
            high = middle - 1
    row[0] -= table.begins[low]
    return table.arrays + low


cdef inline Place place_in(const Table* table, int64_t row) noexcept nogil:
    cdef const Texts* texts = array_of(table, &row)
    return place_of(texts, row)


cdef bint number_all(Table* table) noexcept nogil:
    """Number the texts of the current array; False if memory ran out."""
    cdef Batch batch
    cdef const Texts* texts = table.arrays + table.current
    cdef int64_t begin = 0
    while begin < texts.count:
        batch.count = min(STEP, texts.count - begin)
        # A batch can be new as a whole: no entry may be asked for in a table that is full.
        if not has_room(table, batch.count):
            return False
        hash_batch(table, texts, begin, &batch)
        number_batch(table, &batch, table.begins[table.current] + begin)
        begin += batch.count
    return True


cdef void hash_batch(const Table* table, const Texts* texts, int64_t begin, Batch* batch) noexcept nogil:
    """Hash some texts, and fetch what each is compared with: entry, then bounds and number, then the bytes."""
    cdef int64_t at, row
    cdef Place place
    cdef Place before
    cdef const Entry* entry
    cdef const Texts* other
    before.start = NULL
    before.size = -1
    for at in range(batch.count):
        batch.state[at] = ABSENT
        if is_null(texts, begin + at):
            continue
        place = place_of(texts, begin + at)
        batch.places[at] = place
        # Columns of topics, types and sources repeat themselves: such a text needs no look at the table.
        if place.size == before.size and memcmp(place.start, before.start, <size_t>place.size) == 0:
            batch.state[at] = REPEATED
            continue
        before = place
        batch.state[at] = HASHED
        batch.hashes[at] = secret_hash(place)
        fetch_ahead(table.entries + <int64_t>(batch.hashes[at] & <uint64_t>table.mask))
    for at in range(batch.count):
        if batch.state[at] == HASHED:
            entry = table.entries + <int64_t>(batch.hashes[at] & <uint64_t>table.mask)
            batch.near[at] = <int64_t>entry.row - 1 if entry.tag == tag_of(batch.hashes[at]) else -1
            if batch.near[at] >= 0:
                fetch_ahead(table.numbers + batch.near[at])
                row = batch.near[at]
                other = array_of(table, &row)
                if other.short_ends != NULL:
                    fetch_ahead(other.short_ends + row)
                else:
                    fetch_ahead(other.long_ends + row)
    for at in range(batch.count):
        if batch.state[at] == HASHED and batch.near[at] >= 0:
            fetch_ahead(place_in(table, batch.near[at]).start)


cdef void number_batch(Table* table, const Batch* batch, int64_t row) noexcept nogil:
    cdef int64_t at, slot
    cdef int32_t number = -1
    cdef uint32_t tag
    cdef Place other
    cdef int32_t* numbers = table.numbers + row
    for at in range(batch.count):
        if batch.state[at] == ABSENT:
            numbers[at] = -1
            continue
        if batch.state[at] == HASHED:
            slot = <int64_t>(batch.hashes[at] & <uint64_t>table.mask)
            tag = tag_of(batch.hashes[at])
            while table.entries[slot].row != 0:
                if table.entries[slot].tag == tag:
                    other = place_in(table, <int64_t>table.entries[slot].row - 1)
                    if (
                        other.size == batch.places[at].size
                        and memcmp(other.start, batch.places[at].start, <size_t>other.size) == 0
                    ):
                        break
                slot = (slot + 1) & table.mask
            if table.entries[slot].row == 0:
                table.entries[slot].tag = tag
                table.entries[slot].row = <uint32_t>(row + at + 1)
                number = <int32_t>table.count
                table.count += 1
            else:
                number = table.numbers[<int64_t>table.entries[slot].row - 1]
        numbers[at] = number


cdef bint has_room(Table* table, int64_t more) noexcept nogil:
    """Make room for so many new texts; False if there is no memory."""
    cdef int64_t slot, into, mask
    cdef uint64_t hashed
    cdef Entry* entries
    if 4 * (table.count + more) <= 3 * (table.mask + 1):
        return True
    mask = 2 * table.mask + 1
    entries = <Entry*>calloc(<size_t>(mask + 1), sizeof(Entry))
    if entries == NULL:
        return False
    for slot in range(table.mask + 1):
        if table.entries[slot].row != 0:
            hashed = secret_hash(place_in(table, <int64_t>table.entries[slot].row - 1))
            into = <int64_t>(hashed & <uint64_t>mask)
            while entries[into].row != 0:
                into = (into + 1) & mask
            entries[into] = table.entries[slot]
    free(table.entries)
    table.entries = entries
    table.mask = mask
    return has_room(table, more)
