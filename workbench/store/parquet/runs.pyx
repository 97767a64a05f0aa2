# cython: language_level=3, boundscheck=False, wraparound=False
"""Parquet's hybrid of runs and bit-packed groups of eight numbers, for numbers that need few bits.

A run is a header ``count << 1`` and the number; packed numbers are a header ``groups << 1 | 1`` and ``width`` bytes for
each group. Equal numbers become a run from the eighth on that follow a full group.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from workbench.store.parquet.arrow cimport Bits, bit, eight_bits
from workbench.store.parquet.output cimport Output, put_byte

cdef enum:
    _MOST_GROUPS = 63  # their header is then one byte, which is known to fit before they are counted


cdef class Runs(Output):
    """Numbers of one width; `begin` makes it empty."""

    cdef void begin(self, int width) noexcept nogil:
        self.size = 0
        self.width = width
        self.waits = self.groups = 0
        self.last = 0
        self.repeats = 0
        self.header = -1

    cdef void _put_next(self, uint32_t number) noexcept nogil:
        if number == self.last:
            self.repeats += 1
            if self.repeats >= 8:
                return  # it becomes a run, and those that wait are part of it
        else:
            if self.repeats >= 8:
                self._end_run()
            self.repeats = 1
            self.last = number
        self.waiting[self.waits] = number
        self.waits += 1
        if self.waits == 8:
            self._pack(self.waiting)

    cdef void put_run(self, uint32_t number, int64_t count) noexcept nogil:
        """Put the same number several times."""
        while count > 0 and not (number == self.last and self.repeats >= 8):
            self._put_next(number)
            count -= 1
        self.repeats += count

    cdef void put_all(self, const uint32_t* numbers, int64_t count) noexcept nogil:
        """Put numbers, by eight where none waits."""
        cdef int64_t at = 0
        cdef int other
        cdef uint32_t differ
        while at < count:
            if count - at < 8 or self.waits:
                put_small(self, numbers[at])
                at += 1
                continue
            differ = 0
            for other in range(1, 8):
                differ |= numbers[at] ^ numbers[at + other]
            if differ:
                self._pack(numbers + at)
                self.last = numbers[at + 7]
            else:
                self.put_run(numbers[at], 8)
            at += 8

    cdef void put_bits(self, Bits outer, Bits inner, int64_t count) noexcept nogil:
        """Put the levels of rows: 0, and one more for each of two bits that is set, the outer one first.

        They are taken by eight, where no number waits: a group is then made without looking at each row.
        """
        cdef int64_t at = 0
        cdef uint8_t first, both
        cdef uint64_t group
        cdef bint single = self.width == 1
        while at < count:
            if count - at < 8 or (self.waits and self.repeats < 8):
                put_small(self, _level(self.width, outer, inner, at))
                at += 1
                continue
            first = eight_bits(outer, at, count)
            both = first & eight_bits(inner, at, count)
            if single:
                first = both if outer.at == NULL else first
                both = 0
            at += 8
            if (first == 0 or first == 0xFF) and (both == 0 or both == 0xFF):
                self.put_run(<uint32_t>((first & 1) + (both & 1)), 8)
                continue
            if self.repeats >= 8:
                self._end_run()
            self._begin_group()
            if single:
                put_byte(self, first)
            else:
                # A level is 0, 1 (first, not both) or 2 (both).
                group = _spread(first & <uint8_t>~both) | _spread(both) << 1
                self.put_number(group, 2)
            self.repeats = 0
            self.last = (first >> 7) + (both >> 7)

    cdef void finish(self) noexcept nogil:
        """Put what waits; a group that is not full is filled with zeros, which its reader does not count."""
        if self.repeats >= 8:
            self._end_run()
        elif self.waits:
            while self.waits < 8:
                self.waiting[self.waits] = 0
                self.waits += 1
            self._pack(self.waiting)

    cdef void _begin_group(self) noexcept nogil:
        """Count a group, whose numbers follow; it gets a new header where the last one is full."""
        if self.header < 0 or self.groups == _MOST_GROUPS:
            self.header = self.size
            self.groups = 0
            put_byte(self, 0)
        self.groups += 1
        if not self.failed:
            self.at[self.header] = <uint8_t>(self.groups << 1 | 1)

    cdef void _pack(self, const uint32_t* numbers) noexcept nogil:
        """Put eight numbers as a group."""
        cdef int at, used = 0
        cdef uint64_t packed = 0
        self._begin_group()
        if self.size + self.width + 8 > self.room and not self.reserve(self.width + 8):
            return
        for at in range(8):
            packed |= <uint64_t>numbers[at] << used
            used += self.width
            if used >= 32:
                memcpy(self.at + self.size, &packed, 4)
                self.size += 4
                packed >>= 32
                used -= 32
        # Eight numbers end with a byte.
        memcpy(self.at + self.size, &packed, 4)
        self.size += used // 8
        self.waits = 0
        self.repeats = 0

    cdef void _end_run(self) noexcept nogil:
        self.put_varint(<uint64_t>self.repeats << 1)
        self.put_number(self.last, (self.width + 7) // 8)
        self.waits = 0
        self.repeats = 0
        self.header = -1


cdef inline uint64_t _spread(uint8_t bits) noexcept nogil:
    """Put a zero above each of eight bits."""
    cdef uint64_t spread = bits
    spread = (spread | spread << 4) & 0x0F0F
    spread = (spread | spread << 2) & 0x3333
    return (spread | spread << 1) & 0x5555


cdef inline uint32_t _level(int width, Bits outer, Bits inner, int64_t at) noexcept nogil:
    cdef bint first = bit(outer, at)
    cdef bint both = first and bit(inner, at)
    if width == 1:
        return both if outer.at == NULL else first
    return <uint32_t>first + <uint32_t>both
