# cython: language_level=3, boundscheck=False, wraparound=False
"""Encodes columns of records in Kafka's message format 2, in one pass.

Layout of a record (all integers zigzag varints): length, attributes (one byte), timestamp delta, offset delta, key
length, key, value length, value, header count, and for each header name length, name, value length, value; -1 stands
for null.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memmove

import numpy as np

from workbench.buffers.slices cimport Column, address, column_of, is_null

cdef extern from "Python.h":
    # As pointers: between making and resizing them the bytes belong to nobody else.
    PyObject* PyBytes_FromStringAndSize(const char* content, Py_ssize_t size)
    char* PyBytes_AS_STRING(PyObject* content)
    int _PyBytes_Resize(PyObject** content, Py_ssize_t size) except -1

cdef extern from *:
    """
    #define _owned(content) (content)
    """
    object _owned(PyObject* content)

cdef enum:
    RECORD_OVERHEAD = 36  # bytes that lengths and deltas of a record without headers take at most
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
        cdef int64_t row
        with nogil:
            for row in range(self.count):
                into[row] = self._most_bytes(row)
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
        cdef int64_t count = rows.shape[0], number, row, most = 0
        if timestamps.shape[0] != count:
            raise IndexError("a timestamp is needed for each row")
        for number in range(count):
            row = rows[number]
            if not 0 <= row < self.count:
                raise IndexError(f"row {row} is outside the columns")
            most += self._most_bytes(row)
        if most > _MOST - room:
            raise OverflowError("more than 2 GiB in one batch")
        cdef PyObject* encoded = PyBytes_FromStringAndSize(NULL, room + most)
        if encoded == NULL:
            raise MemoryError
        cdef uint8_t* start = <uint8_t*>PyBytes_AS_STRING(encoded)
        cdef uint8_t* into = start + room
        with nogil:
            for number in range(count):
                into = self._record(into, rows[number], number, timestamps[number] - timestamps[0])
        # In place: what was too much is given back.
        _PyBytes_Resize(&encoded, into - start)
        return _owned(encoded)

    cdef int64_t _most_bytes(self, int64_t row) noexcept nogil:
        cdef int64_t first = self.header_ends[row], last = self.header_ends[row + 1]
        return (
            RECORD_OVERHEAD
            + self.keys.ends[row + 1] - self.keys.ends[row]
            + self.values.ends[row + 1] - self.values.ends[row]
            + HEADER_OVERHEAD * (last - first)
            + self.names.ends[last] - self.names.ends[first]
            + self.contents.ends[last] - self.contents.ends[first]
        )

    cdef uint8_t* _record(self, uint8_t* into, int64_t row, int64_t number, int64_t delta) noexcept nogil:
        """Write a record behind the room that its length is likely to take; move it where it takes less."""
        cdef int64_t room = _varint_size(self._most_bytes(row)), size
        cdef uint8_t* body = into + room
        cdef uint8_t* at = body
        at[0] = 0  # attributes of the record: none are defined
        at = _varint(at + 1, delta)
        at = _varint(at, number)
        at = _field(at, &self.keys, row)
        at = _field(at, &self.values, row)
        at = self._headers(at, row)
        size = at - body
        into = _varint(into, size)
        if into != body:
            memmove(into, body, <size_t>size)
        return into + size

    cdef uint8_t* _headers(self, uint8_t* into, int64_t row) noexcept nogil:
        cdef int64_t first = self.header_ends[row], last = self.header_ends[row + 1], at
        into = _varint(into, last - first)
        for at in range(first, last):
            into = _field(into, &self.names, at)
            into = _field(into, &self.contents, at)
        return into


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
