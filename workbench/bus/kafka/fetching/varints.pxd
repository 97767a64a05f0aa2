"""Reads the variable-length integers of Kafka's message format 2."""

from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef inline bint read_varint(const uint8_t* data, int64_t* at, int64_t end, int64_t* value) noexcept nogil:
    """Read a zigzag varint before ``end``; false when it is cut off or too long."""
    cdef uint64_t found = 0
    cdef int shift = 0
    cdef uint8_t byte
    # Ten bytes at most: seven bits each, and 64 bits in all.
    while at[0] < end and shift < 64:
        byte = data[at[0]]
        at[0] += 1
        found |= <uint64_t>(byte & 0x7F) << shift
        if byte < 0x80:
            value[0] = <int64_t>(found >> 1) ^ -<int64_t>(found & 1)
            return True
        shift += 7
    return False
