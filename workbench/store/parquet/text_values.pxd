"""Texts, or bytes, as the values of a column."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from workbench.store.parquet.bloom cimport Bloom
from workbench.store.parquet.output cimport Output
from workbench.store.parquet.runs cimport Runs
from workbench.store.parquet.values cimport Values


cdef struct Text:
    const uint8_t* at
    int64_t size
    uint64_t head, tail  # its first and its last eight bytes, which are all of it up to sixteen
    uint64_t hashed


cdef class Texts(Values):
    cdef bint distinct, ranged, plain, any
    cdef Bloom bloom
    cdef Output content  # the values of a page where it is plain
    cdef Text* known  # the dictionary
    cdef int64_t known_count, known_bytes, known_room
    cdef int32_t* slots  # places in it, counted from 1; 0 is free
    cdef int64_t slots_count
    cdef bint crowded
    cdef int unused_bits  # of a hash: the others, its highest, are the number of its slot
    cdef uint32_t* places  # of each value of the page
    cdef int64_t places_room
    cdef Text lowest, highest
    cdef Runs runs

    cdef uint32_t _place_of(self, const uint8_t* at, int64_t size) noexcept nogil
    cdef uint32_t _enter(self, const Text* text, int64_t slot) noexcept nogil
    cdef bint _more_slots(self) noexcept nogil
    cdef void _become_plain(self) noexcept nogil
    cdef void _put_plain(self, const uint8_t* at, int64_t size) noexcept nogil
    cdef void _note(self, const uint8_t* at, int64_t size) noexcept nogil
