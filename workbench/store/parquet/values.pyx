# cython: language_level=3, boundscheck=False, wraparound=False
"""The values of a column, without those that are null: whole numbers as packed differences, flags as bits.

Each kind takes rows of an Arrow array and keeps their values until a page is made of them.
"""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free

from workbench.buffers.slices cimport grown
from workbench.store.parquet.arrow cimport ArrowArray, Bits, Rows, eight_bits, present
from workbench.store.parquet.bloom cimport Bloom
from workbench.store.parquet.deltas cimport put_deltas
from workbench.store.parquet.output cimport Output, put_byte

cdef class Values:
    """What the kinds have in common: they are empty when a row group begins, and after each page."""

    cdef void begin_group(self, int64_t rows) noexcept nogil:
        """Forget the row group before; this one has so many rows."""
        self.count = 0

    cdef void put(self, const ArrowArray* array, const Rows* rows) noexcept nogil:
        """Take the values of some rows. Their memory must last until the row group ends."""

    cdef int64_t page_size(self) noexcept nogil:
        """Return the bytes that a page would have, where a page can be made before the row group ends; 0 elsewhere."""
        return 0

    cdef int64_t dictionary_size(self) noexcept nogil:
        """Return how many values the dictionary has; 0 where there is none."""
        return 0

    cdef Bloom filter(self):
        """Return the Bloom filter of the row group; None where there is none."""
        return None

    cdef Encoding finish_page(self, Output into) noexcept nogil:
        """Put the values of a page, and say how."""
        return PLAIN

    cdef void finish_dictionary(self, Output into) noexcept nogil:
        """Put the values of the dictionary."""

    cdef bint range_of(self, Output lowest, Output highest) noexcept nogil:
        """Put the lowest and the highest value of the row group; False where they are not known, or there is none."""
        return False


cdef class Numbers(Values):
    """Whole numbers, and times, which are such.

    Args:
        width: Bytes of one in Arrow's array: 1, 4 or 8. Parquet's have 4 at least.
        ranged: Whether the lowest and the highest are wanted.
    """

    def __cinit__(self, int width, bint ranged):
        self.width = width
        self.ranged = ranged

    def __dealloc__(self):
        free(self.numbers)

    cdef void begin_group(self, int64_t rows) noexcept nogil:
        self.count = 0
        self.any = False

    cdef void put(self, const ArrowArray* array, const Rows* rows) noexcept nogil:
        cdef const void* content = array.buffers[1]
        cdef int64_t at, row, last, number
        cdef uint8_t here
        cdef void* more = grown(self.numbers, &self.room, self.count + rows.count, sizeof(int64_t))
        if more == NULL:
            self.failed = True
            return
        self.numbers = <int64_t*>more
        for at in range(0, rows.count, 8):
            here = present(rows, at)
            row = rows.first + at
            while here:
                if here & 1:
                    if self.width == 8:
                        number = (<const int64_t*>content)[row]
                    elif self.width == 4:
                        number = (<const int32_t*>content)[row]
                    else:
                        number = (<const int8_t*>content)[row]
                    self.numbers[self.count] = number
                    self.count += 1
                here >>= 1
                row += 1

    cdef Encoding finish_page(self, Output into) noexcept nogil:
        cdef int64_t at
        put_deltas(into, self.numbers, self.count, self.width < 8)
        if self.ranged and self.count:
            if not self.any:
                self.any = True
                self.lowest = self.highest = self.numbers[0]
            for at in range(self.count):
                self.lowest = min(self.lowest, self.numbers[at])
                self.highest = max(self.highest, self.numbers[at])
        self.count = 0
        return DELTA_BINARY_PACKED

    cdef bint range_of(self, Output lowest, Output highest) noexcept nogil:
        cdef int size = 8 if self.width == 8 else 4
        if self.any:
            lowest.put_number(<uint64_t>self.lowest, size)
            highest.put_number(<uint64_t>self.highest, size)
        return self.any


cdef class Flags(Values):
    """True or false, a bit for each."""

    def __cinit__(self):
        self.bits = Output()

    cdef void put(self, const ArrowArray* array, const Rows* rows) noexcept nogil:
        cdef Bits flags
        cdef int64_t at, row
        cdef uint8_t here, eight
        cdef uint8_t* last
        flags.at, flags.first = <const uint8_t*>array.buffers[1], rows.first
        for at in range(0, rows.count, 8):
            here = present(rows, at)
            # The rows of a batch without any value have no memory.
            if not here:
                continue
            eight = eight_bits(flags, at, rows.count)
            while here:
                if here & 1:
                    if not self.count & 7:
                        put_byte(self.bits, 0)
                    if not self.bits.failed:
                        last = self.bits.at + self.bits.size - 1
                        last[0] = last[0] | <uint8_t>((eight & 1) << (self.count & 7))
                    self.count += 1
                here >>= 1
                eight >>= 1

    cdef Encoding finish_page(self, Output into) noexcept nogil:
        self.failed |= self.bits.failed
        into.put(self.bits.at, self.bits.size)
        self.bits.size = 0
        self.count = 0
        return PLAIN
