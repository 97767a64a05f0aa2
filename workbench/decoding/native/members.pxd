"""Looks up the known members of JSON objects by their parent and name."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t


cdef enum:
    MASK_BITS = 62  # used of each word: numpy holds it as int64, and must not see a sign


cdef struct Member:
    int32_t name_start
    int32_t name_size
    int16_t parent  # number of the object that holds it; -1 marks a free slot
    int16_t node  # number of the object that it is itself; -1 where nobody reads its members
    uint16_t bit


cdef class MemberTable:
    cdef bytes names
    cdef const uint8_t* names_at
    cdef Member* slots
    cdef uint64_t last_slot
    cdef readonly int words

    cdef const Member* find(self, int16_t parent, const uint8_t* name, int64_t size) noexcept nogil
