# cython: language_level=3
"""Looks up the known members of JSON objects by their parent and name: a hash table that is read without the GIL."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uint64_t
from libc.stdlib cimport calloc, free


cdef class MemberTable:
    """Table of the values that the scanner of JSON values looks for.

    Args:
        bits: Number of each path, from 1 on; 0 is the whole value. A path is made of member names, and None for the
            items of an array. Every path's parents are paths themselves.
    """

    def __cinit__(self, bits):
        cdef uint64_t size = 16
        while size < <uint64_t>(4 * len(bits)):
            size *= 2
        self.slots = <Member*>calloc(size, sizeof(Member))
        self.items = <Items*>calloc(len(bits) + 1, sizeof(Items))
        if self.slots == NULL or self.items == NULL:
            raise MemoryError
        self.last_slot = size - 1
        for at in range(<int64_t>size):
            self.slots[at].parent = -1
        for at in range(len(bits) + 1):
            self.items[at] = Items(-1, NO_BIT)

    def __init__(self, bits):
        nodes = {(): 0}
        for path in sorted(bits, key=len):
            nodes.setdefault(path[:-1], len(nodes))
        self.bits = max(bits.values(), default=0) + 1
        self.names = b"".join(path[-1].encode() for path in bits if path[-1] is not None)
        self.names_at = self.names
        at = 0
        for path, bit in bits.items():
            if path[-1] is None:
                self.items[<int64_t>nodes[path[:-1]]] = Items(nodes.get(path, -1), bit)
                continue
            size = len(path[-1].encode())
            self._enter(nodes[path[:-1]], nodes.get(path, -1), at, size, bit)
            at += size

    def __dealloc__(self):
        free(self.slots)
        free(self.items)

    def _enter(self, int16_t parent, int16_t node, int32_t start, int32_t size, uint16_t bit):
        cdef uint64_t at = hash_of(parent, self.names_at + start, size) & self.last_slot
        while self.slots[at].parent >= 0:
            at = (at + 1) & self.last_slot
        self.slots[at] = Member(start, size, parent, node, bit)
