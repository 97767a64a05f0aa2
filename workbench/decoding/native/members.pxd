"""Looks up the known members of JSON objects, and the items of arrays, by what holds them."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t


cdef enum:
    ROOT_BIT = 0  # of the value itself
    NO_BIT = 0xFFFF


cdef struct Member:
    int32_t name_start
    int32_t name_size
    int16_t parent  # number of the value that holds it; -1 marks a free slot
    int16_t node  # number of the member itself as a value that holds others; -1 where nobody reads those
    uint16_t bit


cdef struct Items:
    int16_t node  # number of each item as a value that holds others
    uint16_t bit  # of each item; `NO_BIT` where nobody reads items


cdef class MemberTable:
    cdef bytes names
    cdef const uint8_t* names_at
    cdef Member* slots
    cdef Items* items  # by the number of the value that holds them
    cdef uint64_t last_slot
    cdef readonly int bits

    cdef const Member* find(self, int16_t parent, const uint8_t* name, int64_t size) noexcept nogil
