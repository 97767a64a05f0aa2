"""Bytes that grow at their end."""

from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef class Output:
    cdef uint8_t* at
    cdef int64_t size, room
    cdef bint failed  # there was no memory: what was put since is lost

    cdef bint reserve(self, int64_t more) noexcept nogil
    cdef void put(self, const void* content, int64_t size) noexcept nogil
    cdef void put_number(self, uint64_t number, int size) noexcept nogil
    cdef void put_varint(self, uint64_t number) noexcept nogil
    cdef int check(self) except -1
    cdef object view(self)


cdef inline void put_byte(Output into, uint8_t value) noexcept nogil:
    if into.size < into.room or into.reserve(1):
        into.at[into.size] = value
        into.size += 1


cdef inline uint64_t zigzag(int64_t number) noexcept nogil:
    """Turn small negative numbers into small positive ones: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return (<uint64_t>number << 1) ^ <uint64_t>(number >> 63)
