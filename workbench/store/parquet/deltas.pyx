# cython: language_level=3, boundscheck=False, wraparound=False
"""Parquet's DELTA_BINARY_PACKED: the first number, then blocks of 128 differences in four packs of 32.

A block begins with its lowest difference, which the others are counted from, and the bits that each pack needs for
one. Differences wrap around as the type does, so that any two numbers have one.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from workbench.store.parquet.output cimport Output, put_byte, zigzag

cdef enum:
    _BLOCK = 128
    _PACKS = 4
    _PACK = 32


cdef void put_deltas(Output into, const int64_t* numbers, int64_t count, bint narrow) noexcept nogil:
    """Put numbers; ``narrow`` ones have 32 bits."""
    cdef int64_t at, lowest, begin = 1
    cdef int64_t deltas[_BLOCK]
    cdef uint64_t left[_BLOCK]
    cdef uint64_t used
    cdef int size, number, width
    cdef uint8_t widths[_PACKS]
    into.put_varint(_BLOCK)
    into.put_varint(_PACKS)
    into.put_varint(<uint64_t>count)
    into.put_varint(zigzag(numbers[0] if count else 0))
    while begin < count:
        size = <int>min(_BLOCK, count - begin)
        lowest = 0x7FFFFFFFFFFFFFFF
        for at in range(size):
            deltas[at] = <int64_t>(<uint64_t>numbers[begin + at] - <uint64_t>numbers[begin + at - 1])
            if narrow:
                deltas[at] = <int32_t>deltas[at]
            lowest = min(lowest, deltas[at])
        into.put_varint(zigzag(lowest))
        for number in range(_PACKS):
            used = 0
            for at in range(number * _PACK, (number + 1) * _PACK):
                left[at] = <uint64_t>deltas[at] - <uint64_t>lowest if at < size else 0
                if narrow:
                    left[at] = <uint32_t>left[at]
                used |= left[at]
            width = 0
            while used >> width != 0:
                width += 1
                if width == 64:
                    break
            widths[number] = <uint8_t>width
            put_byte(into, widths[number])
        for number in range(_PACKS):
            # Packs behind the last number have no bytes; their width is 0.
            if widths[number]:
                _pack(into, left + number * _PACK, widths[number])
        begin += _BLOCK


cdef void _pack(Output into, const uint64_t* numbers, int width) noexcept nogil:
    """Put 32 numbers of so many bits one after the other, the lowest bit first."""
    cdef int at, used = 0
    cdef uint64_t packed = 0
    for at in range(_PACK):
        packed |= numbers[at] << used
        used += width
        if used >= 64:
            into.put(&packed, 8)
            used -= 64
            # What did not fit; nothing where the number ended with the word.
            packed = numbers[at] >> (width - used) if used else 0
    into.put(&packed, used // 8)
