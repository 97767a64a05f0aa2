# cython: language_level=3, boundscheck=False, wraparound=False
"""Looks up header names, in their case and without it: a hash table that is read without the GIL."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

cdef enum:
    _LONGEST = 255


cdef class NameTable:
    """Table of names and the slots that stand for them.

    Args:
        slots: Slot of each name. A name is 1 to 255 bytes of UTF-8; longer ones are never found.
    """

    def __cinit__(self, slots):
        cdef uint64_t size = 16
        while size < <uint64_t>(4 * len(slots)):
            size *= 2
        self._places = <Name*>calloc(size, sizeof(Name))
        if self._places == NULL:
            raise MemoryError
        self._last = size - 1
        memset(self._sizes, 0, 256)

    def __init__(self, slots):
        known = {name.encode(): slot for name, slot in slots.items() if 0 < len(name.encode()) <= _LONGEST}
        self._names = b"".join(known)
        self._names_at = self._names
        at = 0
        for name, slot in known.items():
            self._enter(at, len(name), slot)
            at += len(name)

    def __dealloc__(self):
        free(self._places)

    def _enter(self, int32_t start, int32_t size, int32_t slot):
        cdef uint64_t at = _hash(self._names_at + start, size) & self._last
        while self._places[at].size:
            at = (at + 1) & self._last
        self._places[at] = Name(start, size, slot)
        self._sizes[size] = True

    cdef int32_t find(self, const uint8_t* name, int64_t size) noexcept nogil:
        """The slot of a name, -1 where there is none."""
        cdef uint64_t at
        cdef const Name* place
        if size > _LONGEST or not self._sizes[size]:
            return -1
        at = _hash(name, size) & self._last
        place = self._places + at
        while place.size:
            if place.size == size and memcmp(self._names_at + place.start, name, <size_t>size) == 0:
                return place.slot
            at = (at + 1) & self._last
            place = self._places + at
        return -1

    cdef int32_t find_lower(self, const uint8_t* name, int64_t size) noexcept nogil:
        """The slot of a name after its ASCII letters were put in lower case."""
        cdef uint8_t lower[256]
        cdef int64_t at
        cdef uint8_t letter
        if size > _LONGEST or not self._sizes[size]:
            return -1
        for at in range(size):
            letter = name[at]
            lower[at] = letter + 32 if c"A" <= letter <= c"Z" else letter
        return self.find(lower, size)


cdef inline uint64_t _hash(const uint8_t* name, int64_t size) noexcept nogil:
    """Mix all bytes of a name, eight at a time, the last ones padded with zeros."""
    cdef uint64_t mixed = <uint64_t>size, word
    cdef int64_t at = 0
    while at < size:
        word = 0
        memcpy(&word, name + at, <size_t>min(8, size - at))
        mixed = (mixed ^ word) * <uint64_t>0x9E3779B97F4A7C15
        mixed ^= mixed >> 29
        at += 8
    return mixed ^ (mixed >> 32)
