"""The values of a column in a page, without those that are null."""

from libc.stdint cimport int64_t

from workbench.store.parquet.arrow cimport ArrowArray, Rows
from workbench.store.parquet.bloom cimport Bloom
from workbench.store.parquet.output cimport Output


cdef enum Encoding:
    PLAIN = 0
    RLE = 3
    DELTA_BINARY_PACKED = 5
    RLE_DICTIONARY = 8


cdef class Values:
    cdef int64_t count  # of the page
    cdef bint failed

    cdef void begin_group(self, int64_t rows) noexcept nogil
    cdef void put(self, const ArrowArray* array, const Rows* rows) noexcept nogil
    cdef int64_t page_size(self) noexcept nogil
    cdef int64_t dictionary_size(self) noexcept nogil
    cdef Bloom filter(self)
    cdef Encoding finish_page(self, Output into) noexcept nogil
    cdef void finish_dictionary(self, Output into) noexcept nogil
    cdef bint range_of(self, Output lowest, Output highest) noexcept nogil


cdef class Numbers(Values):
    cdef int width  # bytes of one in Arrow's array
    cdef bint ranged, any
    cdef int64_t* numbers
    cdef int64_t room, lowest, highest


cdef class Flags(Values):
    cdef Output bits
