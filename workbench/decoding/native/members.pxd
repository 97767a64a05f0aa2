"""Looks up the known members of JSON objects, and the items of arrays, by what holds them."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcmp, memcpy


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


cdef inline const Member* find_member(MemberTable table, int16_t parent, const uint8_t* name, int64_t size) noexcept nogil:
    """The member of that name under a parent; NULL when nobody reads it."""
    cdef uint64_t at = hash_of(parent, name, size) & table.last_slot
    cdef const Member* member = table.slots + at
    while member.parent >= 0:
        if (
            member.parent == parent
            and member.name_size == size
            and memcmp(table.names_at + member.name_start, name, <size_t>size) == 0
        ):
            return member
        at = (at + 1) & table.last_slot
        member = table.slots + at
    return NULL


cdef inline uint64_t hash_of(int16_t parent, const uint8_t* name, int64_t size) noexcept nogil:
    """Mix the ends of the name, its length and its parent; the bytes between count when names are compared."""
    cdef uint64_t first = 0, last = 0
    if size >= 8:
        memcpy(&first, name, 8)
        memcpy(&last, name + size - 8, 8)
    elif size >= 4:
        memcpy(&first, name, 4)
        memcpy(&last, name + size - 4, 4)
    elif size > 0:
        first = name[0]
        last = (<uint64_t>name[size >> 1] << 8) | name[size - 1]
    first = (first ^ (last * <uint64_t>0x9E3779B97F4A7C15)) + <uint64_t>size * 31 + <uint64_t>parent * 7919
    first *= <uint64_t>0xD6E8FEB86659FD93
    return first ^ (first >> 32)
