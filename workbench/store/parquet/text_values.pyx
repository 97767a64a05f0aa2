# cython: language_level=3, boundscheck=False, wraparound=False
"""Texts, or bytes, as the values of a column: by a dictionary, or as they are."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from workbench.buffers.slices cimport grown
from workbench.store.parquet.arrow cimport ArrowArray, Rows, present
from workbench.store.parquet.bloom cimport Bloom, xxh64
from workbench.store.parquet.output cimport Output, put_byte
from workbench.store.parquet.runs cimport Runs
from workbench.store.parquet.values cimport PLAIN, RLE_DICTIONARY, Encoding, Values

cdef enum:
    _MOST_DICTIONARY_BYTES = 1 << 20
    _FIRST_BITS = 8
    _FIRST_SLOTS = 1 << _FIRST_BITS
    _MOST_STEPS = 256  # of a search in the dictionary; texts that are not made for it need a few


@cython.final
cdef class Texts(Values):
    """Texts, or bytes.

    Args:
        distinct: Whether equal ones are common: they are then written once, in a dictionary, unless that grows large.
        ranged: Whether the lowest and the highest are wanted.
        filtered: Whether a Bloom filter is.
    """

    def __cinit__(self, bint distinct, bint ranged, bint filtered):
        self.distinct = distinct
        self.ranged = ranged
        self.bloom = Bloom() if filtered else None
        self.content = Output()
        self.runs = Runs()

    def __dealloc__(self):
        free(self.known)
        free(self.slots)
        free(self.places)

    cdef void begin_group(self, int64_t rows) noexcept nogil:
        self.count = 0
        self.content.size = 0
        self.plain = not self.distinct
        self.any = self.crowded = False
        self.known_count = self.known_bytes = 0
        if self.slots_count:
            memset(self.slots, 0, <size_t>self.slots_count * sizeof(int32_t))
        if self.bloom is not None and not self.bloom.begin(rows):
            self.failed = True

    cdef void put(self, const ArrowArray* array, const Rows* rows) noexcept nogil:
        cdef const int32_t* ends = <const int32_t*>array.buffers[1]
        cdef const uint8_t* content = <const uint8_t*>array.buffers[2]
        cdef int64_t at, row
        cdef uint8_t here
        cdef void* more
        if not self.plain:
            more = grown(self.places, &self.places_room, self.count + rows.count, sizeof(uint32_t))
            if more == NULL:
                self.failed = True
                return
            self.places = <uint32_t*>more
        for at in range(0, rows.count, 8):
            here = present(rows, at)
            row = rows.first + at
            while here:
                if here & 1:
                    if self.plain:
                        self._put_plain(content + ends[row], ends[row + 1] - ends[row])
                        self._note(content + ends[row], ends[row + 1] - ends[row])
                    else:
                        self.places[self.count] = self._place_of(content + ends[row], ends[row + 1] - ends[row])
                    self.count += 1
                here >>= 1
                row += 1
        # Texts that differ are written as they are, and so are those that were made to have equal hashes, because each
        # would be compared with all others; what was put into the dictionary moves there.
        if not self.plain and (self.crowded or self.known_bytes > _MOST_DICTIONARY_BYTES):
            self._become_plain()

    cdef uint32_t _place_of(self, const uint8_t* at, int64_t size) noexcept nogil:
        """Return the place of a text in the dictionary, which it enters where it is new."""
        cdef Text text = _text(at, size)
        cdef const Text* other
        cdef int64_t slot, steps = 0
        if 2 * self.known_count >= self.slots_count and not self._more_slots():
            return 0
        slot = <int64_t>(text.hashed >> self.unused_bits)
        while self.slots[slot]:
            other = self.known + self.slots[slot] - 1
            if _are_equal(&text, other):
                return <uint32_t>(self.slots[slot] - 1)
            slot = (slot + 1) & (self.slots_count - 1)
            steps += 1
        self.crowded |= steps > _MOST_STEPS
        return self._enter(&text, slot)

    cdef uint32_t _enter(self, const Text* text, int64_t slot) noexcept nogil:
        """Put a new text into the dictionary; returns its place."""
        cdef void* more = grown(self.known, &self.known_room, self.known_count + 1, sizeof(Text))
        if more == NULL:
            self.failed = True
            return 0
        self.known = <Text*>more
        self.known[self.known_count] = text[0]
        self.known_count += 1
        self.known_bytes += text.size + 4
        self.slots[slot] = <int32_t>self.known_count
        self._note(text.at, text.size)
        return <uint32_t>(self.known_count - 1)

    cdef bint _more_slots(self) noexcept nogil:
        cdef int64_t count = 4 * self.slots_count if self.slots_count else _FIRST_SLOTS
        cdef int unused_bits = self.unused_bits - 2 if self.slots_count else 64 - _FIRST_BITS
        cdef int64_t place, slot
        cdef int32_t* slots = <int32_t*>calloc(<size_t>count, sizeof(int32_t))
        if slots == NULL:
            self.failed = True
            return False
        for place in range(self.known_count):
            slot = <int64_t>(self.known[place].hashed >> unused_bits)
            while slots[slot]:
                slot = (slot + 1) & (count - 1)
            slots[slot] = <int32_t>(place + 1)
        free(self.slots)
        self.slots, self.slots_count, self.unused_bits = slots, count, unused_bits
        return True

    cdef void _become_plain(self) noexcept nogil:
        cdef int64_t at
        cdef const Text* text
        for at in range(self.count):
            text = self.known + self.places[at]
            self._put_plain(text.at, text.size)
        self.plain = True
        self.known_count = 0

    cdef void _put_plain(self, const uint8_t* at, int64_t size) noexcept nogil:
        cdef uint32_t length = <uint32_t>size
        if self.content.size + 4 + size <= self.content.room or self.content.reserve(4 + size):
            memcpy(self.content.at + self.content.size, &length, 4)
            memcpy(self.content.at + self.content.size + 4, at, <size_t>size)
            self.content.size += 4 + size

    cdef void _note(self, const uint8_t* at, int64_t size) noexcept nogil:
        """Take a text into the filter and the range."""
        if self.bloom is not None and self.bloom.words != NULL:
            self.bloom.add(xxh64(at, size))
        if self.ranged:
            if not self.any or _is_below(at, size, &self.lowest):
                self.lowest.at, self.lowest.size = at, size
            if not self.any or not _is_below(at, size, &self.highest):
                self.highest.at, self.highest.size = at, size
            self.any = True

    cdef int64_t page_size(self) noexcept nogil:
        return self.content.size

    cdef int64_t dictionary_size(self) noexcept nogil:
        return self.known_count

    cdef Bloom filter(self):
        return self.bloom

    cdef Encoding finish_page(self, Output into) noexcept nogil:
        cdef int width = 1
        cdef int64_t count = self.count
        self.failed |= self.content.failed
        self.count = 0
        if not self.known_count:
            into.put(self.content.at, self.content.size)
            self.content.size = 0
            return PLAIN
        # One text needs no bits; not every reader knows a width of 0.
        while (self.known_count - 1) >> width:
            width += 1
        self.runs.begin(width)
        self.runs.put_all(self.places, count)
        self.runs.finish()
        self.failed |= self.runs.failed
        put_byte(into, <uint8_t>width)
        into.put(self.runs.at, self.runs.size)
        return RLE_DICTIONARY

    cdef void finish_dictionary(self, Output into) noexcept nogil:
        cdef int64_t at
        for at in range(self.known_count):
            into.put_number(<uint64_t>self.known[at].size, 4)
            into.put(self.known[at].at, self.known[at].size)

    cdef bint range_of(self, Output lowest, Output highest) noexcept nogil:
        if self.any:
            lowest.put(self.lowest.at, self.lowest.size)
            highest.put(self.highest.at, self.highest.size)
        return self.any


cdef inline uint64_t _word(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t _mixed(uint64_t hashed, uint64_t word) noexcept nogil:
    hashed = (hashed ^ word) * 0x9E3779B97F4A7C15U
    return hashed ^ hashed >> 32


cdef inline Text _text(const uint8_t* at, int64_t size) noexcept nogil:
    """Describe a text, so that short ones are compared without their bytes; its hash is of all of them."""
    cdef Text text
    cdef uint32_t low, high
    cdef int64_t place
    text.at, text.size = at, size
    text.head = text.tail = 0
    if size >= 8:
        text.head, text.tail = _word(at), _word(at + size - 8)
    elif size >= 4:
        memcpy(&low, at, 4)
        memcpy(&high, at + size - 4, 4)
        text.head = low | <uint64_t>high << 32
    elif size:
        text.head = at[0] | <uint64_t>at[size >> 1] << 8 | <uint64_t>at[size - 1] << 16
    # Turned, since both are the same where there are eight bytes.
    text.hashed = _mixed(text.head ^ <uint64_t>size, text.tail << 29 | text.tail >> 35)
    place = 8
    while place < size - 8:
        text.hashed = _mixed(text.hashed, _word(at + place))
        place += 8
    return text


cdef inline bint _are_equal(const Text* one, const Text* other) noexcept nogil:
    if one.size != other.size or one.head != other.head or one.tail != other.tail:
        return False
    return one.size <= 16 or memcmp(one.at + 8, other.at + 8, <size_t>(one.size - 16)) == 0


cdef inline bint _is_below(const uint8_t* at, int64_t size, const Text* other) noexcept nogil:
    cdef int order = memcmp(at, other.at, <size_t>min(size, other.size))
    return order < 0 or (order == 0 and size < other.size)
