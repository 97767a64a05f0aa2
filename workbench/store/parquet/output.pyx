# cython: language_level=3, boundscheck=False, wraparound=False
"""Bytes that grow at their end, and the two ways in which Parquet writes numbers."""

from libc.stdint cimport int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy

import pyarrow as pa

from workbench.buffers.slices cimport grown


cdef class Output:
    """Bytes that grow. Without memory it says so in ``failed``, so that loops without the interpreter need no errors."""

    def __dealloc__(self):
        free(self.at)

    cdef bint reserve(self, int64_t more) noexcept nogil:
        """Make room for more bytes; False where there is none."""
        cdef void* bigger = grown(self.at, &self.room, self.size + more, 1)
        if bigger == NULL:
            self.failed = True
            return False
        self.at = <uint8_t*>bigger
        return True

    cdef void put(self, const void* content, int64_t size) noexcept nogil:
        if size > 0 and (self.size + size <= self.room or self.reserve(size)):
            memcpy(self.at + self.size, content, <size_t>size)
            self.size += size

    cdef void put_number(self, uint64_t number, int size) noexcept nogil:
        """Put the lowest bytes of a number, the lowest first."""
        cdef int at
        for at in range(size):
            put_byte(self, <uint8_t>(number >> (8 * at)))

    cdef void put_varint(self, uint64_t number) noexcept nogil:
        """Put seven bits in each byte, the lowest first; the highest bit says that more follow."""
        while number >= 0x80:
            put_byte(self, <uint8_t>(number | 0x80))
            number >>= 7
        put_byte(self, <uint8_t>number)

    cdef int check(self) except -1:
        """Raise where there was no memory."""
        if self.failed:
            raise MemoryError
        return 0

    cdef object view(self):
        """Return the bytes as an Arrow buffer, which is theirs only until they grow or are cleared."""
        self.check()
        return pa.foreign_buffer(<uintptr_t>self.at, self.size, self) if self.size else pa.py_buffer(b"")
