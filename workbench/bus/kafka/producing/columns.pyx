# cython: language_level=3, boundscheck=False, wraparound=False
"""Encodes columns of records in Kafka's message format 2: one pass measures them, a second one writes.

Layout of a record (all integers zigzag varints): length, attributes (one byte), timestamp delta, offset delta, key
length, key, value length, value, header count, and for each header name length, name, value length, value; -1 stands
for null.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

import numpy as np

from workbench.buffers.slices cimport Column, address, column_of, is_null

cdef enum:
    RECORD_OVERHEAD = 24  # bytes that lengths and deltas of a record without headers take at most
    HEADER_OVERHEAD = 10  # bytes that the lengths of one header take at most

_MOST = (1 << 31) - 1


cdef class RecordColumns:
    """Keys, values and headers of records, in the memory of their Arrow arrays.

    Args:
        keys: Binary array.
        values: Binary array.
        headers: List array of name and value.
    """

    cdef Column keys, values, names, contents
    cdef const int32_t* header_ends
    cdef object _held
    cdef readonly int64_t count

    def __init__(self, keys, values, headers):
        pairs = headers.values.flatten()
        ends = headers.offsets
        if headers.null_count or len(keys) != len(headers) or len(values) != len(headers):
            raise ValueError("every record needs a key, a value and a list of headers; lists are not null")
        self._held = (keys, values, headers, pairs, ends)
        self.count = len(keys)
        self.keys, self.values = column_of(keys), column_of(values)
        self.names, self.contents = column_of(pairs[0]), column_of(pairs[1])
        self.header_ends = <const int32_t*>address(ends.buffers()[1]) + <int64_t>ends.offset

    def most_bytes(self):
        """Return an upper bound of the bytes that each record takes in a batch."""
        sizes = np.empty(self.count, np.int64)
        cdef int64_t[::1] into = sizes
        cdef int64_t row, first, last
        with nogil:
            for row in range(self.count):
                first, last = self.header_ends[row], self.header_ends[row + 1]
                into[row] = (
                    RECORD_OVERHEAD
                    + self.keys.ends[row + 1] - self.keys.ends[row]
                    + self.values.ends[row + 1] - self.values.ends[row]
                    + HEADER_OVERHEAD * (last - first)
                    + self.names.ends[last] - self.names.ends[first]
                    + self.contents.ends[last] - self.contents.ends[first]
                )
        return sizes

    def encode(self, const int64_t[::1] rows not None, const int64_t[::1] timestamps not None, int64_t room=0):
        """Encode some records, in this order, as the bytes behind the header of a batch.

        Args:
            rows: Their rows in the columns.
            timestamps: Milliseconds of each; the first is the base of the batch.
            room: Bytes in front of them that are left for the header, and hold anything.

        Raises:
            IndexError: A row outside the columns.
            OverflowError: The records take 2 GiB or more.
        """
        cdef int64_t count = rows.shape[0], number, row, total = 0
        if timestamps.shape[0] != count:
            raise IndexError("a timestamp is needed for each row")
        sizes = np.empty(count, np.int64)
        cdef int64_t[::1] bodies = sizes
        cdef int64_t base = timestamps[0] if count else 0
        for number in range(count):
            if not 0 <= rows[number] < self.count:
                raise IndexError(f"row {rows[number]} is outside the columns")
        with nogil:
            for number in range(count):
                bodies[number] = self._body(rows[number], number, timestamps[number] - base)
                total += bodies[number] + _varint_size(bodies[number])
        if total > _MOST - room:
            raise OverflowError("more than 2 GiB in one batch")
        encoded = PyBytes_FromStringAndSize(NULL, room + total)
        cdef uint8_t* into = <uint8_t*>PyBytes_AS_STRING(encoded) + room
        with nogil:
            for number in range(count):
                row = rows[number]
                into = _varint(into, bodies[number])
                into[0] = 0  # attributes of the record: none are defined
                into = _varint(into + 1, timestamps[number] - base)
                into = _varint(into, number)
                into = _field(into, &self.keys, row)
                into = _field(into, &self.values, row)
                into = self._headers(into, row)
        return encoded

    cdef int64_t _body(self, int64_t row, int64_t number, int64_t delta) noexcept nogil:
        """Return the bytes of a record behind its length."""
        cdef int64_t first = self.header_ends[row], last = self.header_ends[row + 1], at
        cdef int64_t size = 1 + _varint_size(delta) + _varint_size(number)
        size += _field_size(&self.keys, row) + _field_size(&self.values, row) + _varint_size(last - first)
        for at in range(first, last):
            size += _field_size(&self.names, at) + _field_size(&self.contents, at)
        return size

    cdef uint8_t* _headers(self, uint8_t* into, int64_t row) noexcept nogil:
        cdef int64_t first = self.header_ends[row], last = self.header_ends[row + 1], at
        into = _varint(into, last - first)
        for at in range(first, last):
            into = _field(into, &self.names, at)
            into = _field(into, &self.contents, at)
        return into


cdef inline int64_t _field_size(const Column* column, int64_t at) noexcept nogil:
    cdef int64_t size = column.ends[at + 1] - column.ends[at]
    return 1 if is_null(column, at) else _varint_size(size) + size


cdef inline uint8_t* _field(uint8_t* into, const Column* column, int64_t at) noexcept nogil:
    """Write length and bytes of a value; null is the length -1."""
    cdef int64_t size = column.ends[at + 1] - column.ends[at]
    if is_null(column, at):
        into[0] = 1
        return into + 1
    into = _varint(into, size)
    if size > 0:
        memcpy(into, column.data + column.ends[at], <size_t>size)
    return into + size


cdef inline int64_t _varint_size(int64_t value) noexcept nogil:
    cdef uint64_t left = (<uint64_t>value << 1) ^ <uint64_t>(value >> 63)
    cdef int64_t size = 1
    while left >= 0x80:
        left >>= 7
        size += 1
    return size


cdef inline uint8_t* _varint(uint8_t* into, int64_t value) noexcept nogil:
    """Write a zigzag varint of up to 64 bits; deltas of timestamps need more than 32 (40 days of milliseconds)."""
    cdef uint64_t left = (<uint64_t>value << 1) ^ <uint64_t>(value >> 63)
    while left >= 0x80:
        into[0] = <uint8_t>(left & 0x7F | 0x80)
        left >>= 7
        into += 1
    into[0] = <uint8_t>left
    return into + 1
