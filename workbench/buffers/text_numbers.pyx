# cython: language_level=3, boundscheck=False, wraparound=False
"""Numbers the texts of Arrow arrays: equal texts get equal numbers, across several arrays."""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

import secrets

import numpy as np

from workbench.buffers.slices cimport grown
from workbench.buffers.texts cimport Place, Texts, is_null, place_of, texts_of

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


cdef struct Entry:
    uint32_t tag  # the upper half of the hash: tells most other texts apart without a look at them
    uint32_t row  # of the first such text through all arrays, from 1; 0 is a free place


cdef struct Numbered:
    Texts texts
    int32_t* numbers
    int64_t begin  # rows of the arrays before


cdef struct Table:
    Entry* entries
    int64_t mask  # one less than entries, which are a power of two
    int64_t count  # of different texts
    Numbered* arrays
    int64_t current  # the array that is being numbered; those before it are numbered


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

cdef class TextNumbers:
    """Numbers texts from 0, in the order in which they first occur through all arrays.

    Args:
        rows: Room for so many different texts; more make it grow.

    Raises:
        MemoryError: There is no memory for the table.
    """

    cdef Table table
    cdef int64_t rows
    cdef int64_t room
    cdef list kept

    def __cinit__(self, int64_t rows):
        self.kept = []
        self.table.arrays = NULL
        self.table.count, self.table.current = 0, -1
        self.table.mask = 15
        while self.table.mask < rows + rows // 2:
            self.table.mask = 2 * self.table.mask + 1
        self.table.entries = <Entry*>calloc(<size_t>(self.table.mask + 1), sizeof(Entry))
        if self.table.entries == NULL:
            raise MemoryError(f"no memory for a table of {rows} texts")

    def __dealloc__(self):
        free(self.table.entries)
        free(self.table.arrays)

    def __len__(self):
        return self.table.count

    def number(self, array):
        """Number the texts of one more array; null is -1.

        Args:
            array: A string or large string array.

        Returns:
            An int32 numpy array of numbers; and an int32 array with the place of each text that no array before had.

        Raises:
            TypeError: It is an array of another type.
            MemoryError: There is no memory for the table, or there are 2^31 texts.
        """
        cdef Texts texts = texts_of(array)
        cdef int64_t at, before = self.table.count
        cdef bint fits
        cdef void* more
        if self.rows + texts.count > INT32_MAX:
            raise MemoryError(f"no memory for a table of {self.rows + texts.count} texts")
        more = grown(self.table.arrays, &self.room, self.table.current + 2, sizeof(Numbered))
        if more == NULL:
            raise MemoryError("no memory for one more array of texts")
        self.table.arrays = <Numbered*>more
        # Not in Arrow's pool: it keeps what is freed, and these numbers are often needed for a moment only.
        places = np.empty(texts.count, dtype=np.int32)
        cdef int32_t* into = <int32_t*><uintptr_t>places.ctypes.data
        # The table looks at the texts of all its arrays, and at their numbers.
        self.kept += [array, places]
        self.table.current += 1
        self.table.arrays[self.table.current].texts = texts
        self.table.arrays[self.table.current].numbers = into
        self.table.arrays[self.table.current].begin = self.rows
        self.rows += texts.count
        with nogil:
            fits = number_all(&self.table)
        if not fits:
            raise MemoryError(f"no memory for a table of {self.table.count} texts")
        found = np.empty(self.table.count - before, dtype=np.int32)
        cdef int32_t* first = <int32_t*><uintptr_t>found.ctypes.data
        cdef int32_t known = <int32_t>before
        with nogil:
            for at in range(texts.count):
                if into[at] == known:
                    first[known - before] = <int32_t>at
                    known += 1
        return places, found


cdef inline const Numbered* array_of(const Table* table, int64_t* row) noexcept nogil:
    """Return the array that holds a row, and count the row from its beginning."""
    cdef int64_t low = 0, high = table.current, middle
    if row[0] >= table.arrays[high].begin:
        low = high
    while low < high:
        middle = (low + high + 1) // 2
        if table.arrays[middle].begin <= row[0]:
            low = middle
        else:
            high = middle - 1
    row[0] -= table.arrays[low].begin
    return table.arrays + low


cdef inline Place place_in(const Table* table, int64_t row) noexcept nogil:
    cdef const Numbered* array = array_of(table, &row)
    return place_of(&array.texts, row)


cdef bint number_all(Table* table) noexcept nogil:
    """Number the texts of the current array; False if memory ran out."""
    cdef Batch batch
    cdef const Numbered* array = table.arrays + table.current
    cdef int64_t begin = 0, at
    while begin < array.texts.count:
        batch.count = min(STEP, array.texts.count - begin)
        if begin and is_run(&array.texts, begin - 1, batch.count + 1):
            for at in range(begin, begin + batch.count):
                array.numbers[at] = array.numbers[begin - 1]
            begin += batch.count
            continue
        # A batch can be new as a whole: no entry may be asked for in a table that is full.
        if not has_room(table, batch.count):
            return False
        hash_batch(table, &array.texts, begin, &batch)
        number_batch(table, &batch, begin)
        begin += batch.count
    return True


cdef inline bint is_run(const Texts* texts, int64_t begin, int64_t count) noexcept nogil:
    """Whether some rows hold one text, as all of a column may: texts without nulls stand one behind the other."""
    cdef Place first = place_of(texts, begin)
    cdef Place last = place_of(texts, begin + count - 1)
    cdef int64_t at
    cdef bint even = True
    if texts.valid != NULL or last.size != first.size or last.start - first.start != (count - 1) * first.size:
        return False
    if texts.short_ends != NULL:
        for at in range(begin, begin + count):
            even &= texts.short_ends[at + 1] - texts.short_ends[at] == first.size
    else:
        for at in range(begin, begin + count):
            even &= texts.long_ends[at + 1] - texts.long_ends[at] == first.size
    # Each text is compared with the one behind it, all in one go.
    return even and memcmp(first.start, first.start + first.size, <size_t>((count - 1) * first.size)) == 0


cdef void hash_batch(const Table* table, const Texts* texts, int64_t begin, Batch* batch) noexcept nogil:
    """Hash some texts, and fetch what each is compared with: entry, then bounds and number, then the bytes."""
    cdef int64_t at, row
    cdef Place place
    cdef Place before
    cdef const Entry* entry
    cdef const Numbered* other
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
                row = batch.near[at]
                other = array_of(table, &row)
                fetch_ahead(other.numbers + row)
                if other.texts.short_ends != NULL:
                    fetch_ahead(other.texts.short_ends + row)
                else:
                    fetch_ahead(other.texts.long_ends + row)
    for at in range(batch.count):
        if batch.state[at] == HASHED and batch.near[at] >= 0:
            fetch_ahead(place_in(table, batch.near[at]).start)


cdef void number_batch(Table* table, const Batch* batch, int64_t begin) noexcept nogil:
    cdef int64_t at, slot, near
    cdef int32_t number = -1
    cdef uint32_t tag
    cdef Place other
    cdef const Numbered* array = table.arrays + table.current
    cdef int32_t* numbers = array.numbers + begin
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
                table.entries[slot].row = <uint32_t>(array.begin + begin + at + 1)
                number = <int32_t>table.count
                table.count += 1
            else:
                near = <int64_t>table.entries[slot].row - 1
                number = array_of(table, &near).numbers[near]
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
