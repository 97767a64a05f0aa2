# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds positions that occur twice among those of records."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import secrets

cdef extern from *:
    """
    #define fetch_ahead(place) __builtin_prefetch(place)
    """
    void fetch_ahead(const void* place) noexcept nogil

cdef enum:
    LANES = 4096  # a power of two
    STEP = 64


cdef struct Lane:
    int64_t source
    int64_t partition
    int64_t last
    int64_t used


cdef uint64_t SECRET = secrets.randbits(64) | 1


def repeated_positions(const int32_t[::1] source, const int32_t[::1] partition, const int64_t[::1] offset):
    """Count the rows whose position a row before them has.

    Returns:
        How many there are, and the first one, -1 for none.

    Raises:
        ValueError: The columns differ in length.
        MemoryError: There is no memory for a table of the positions.
    """
    cdef int64_t count = offset.shape[0], found = 0, first = -1, room = 16
    cdef uint32_t* table
    cdef bint ascending
    if source.shape[0] != count or partition.shape[0] != count:
        raise ValueError("the columns of positions differ in length")
    with nogil:
        ascending = _ascending(source, partition, offset)
    if ascending:
        return 0, -1
    while room < 2 * count:
        room *= 2
    table = <uint32_t*>calloc(<size_t>room, sizeof(uint32_t))
    if table == NULL or count >= <int64_t>0xFFFFFFFFU:
        free(table)
        raise MemoryError(f"no memory for a table of {count} positions")
    with nogil:
        found = _repeated(source, partition, offset, table, room - 1, &first)
    free(table)
    return found, first


cdef bint _ascending(
    const int32_t[::1] source, const int32_t[::1] partition, const int64_t[::1] offset
) noexcept nogil:
    """Whether offsets rise in each partition, as they do when records are read: then none occurs twice."""
    cdef Lane lanes[LANES]
    cdef Lane* lane
    cdef int64_t row
    memset(lanes, 0, sizeof(lanes))
    for row in range(offset.shape[0]):
        lane = lanes + ((source[row] * 61 + partition[row]) & (LANES - 1))
        if lane.used:
            if lane.source != source[row] or lane.partition != partition[row] or lane.last >= offset[row]:
                return False
        lane.source, lane.partition, lane.last, lane.used = source[row], partition[row], offset[row], 1
    return True


cdef int64_t _repeated(
    const int32_t[::1] source, const int32_t[::1] partition, const int64_t[::1] offset,
    uint32_t* table, int64_t mask, int64_t* first,
) noexcept nogil:
    cdef int64_t begin = 0, end, row, slot, other, found = 0
    cdef int64_t slots[STEP]
    while begin < offset.shape[0]:
        end = min(begin + STEP, offset.shape[0])
        for row in range(begin, end):
            slots[row - begin] = _hashed(source[row], partition[row], offset[row]) & mask
            fetch_ahead(table + slots[row - begin])
        for row in range(begin, end):
            slot = slots[row - begin]
            while table[slot] != 0:
                other = <int64_t>table[slot] - 1
                if offset[other] == offset[row] and partition[other] == partition[row] and source[other] == source[row]:
                    break
                slot = (slot + 1) & mask
            if table[slot] == 0:
                table[slot] = <uint32_t>(row + 1)
            else:
                found += 1
                if first[0] < 0:
                    first[0] = row
        begin = end
    return found


cdef inline int64_t _hashed(int64_t source, int64_t partition, int64_t offset) noexcept nogil:
    cdef uint64_t value = <uint64_t>source * <uint64_t>0x9E3779B97F4A7C15U + <uint64_t>partition
    value = (value ^ (value >> 29)) * SECRET + <uint64_t>offset
    value = (value ^ (value >> 32)) * <uint64_t>0xD6E8FEB86659FD93U
    value = (value ^ (value >> 32)) * SECRET
    return <int64_t>(value >> 24)
