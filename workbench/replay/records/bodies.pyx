# cython: language_level=3, boundscheck=False, wraparound=False
"""Digests record bodies, and appends headers to records, column by column (docs/replay-rules.md, "Digests").

A body is key, value, number of headers, and name and value of each header: of each field a byte that tells null, its
length (32 bits, big-endian) and its bytes. Headers whose name begins with ``x-replay`` do not belong to it.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcmp, memcpy

import hashlib

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, address, column_of, grown, is_null, new_buffer

cdef enum:
    DIGEST = 32

_POSITION = 4 + 8 + 8 + 1
_PIECE = 1 << 20
_MOST = (1 << 31) - 1


cdef class _Headers:
    """The headers of records in the memory of their list array."""

    cdef Column names, contents
    cdef const int32_t* ends
    cdef object _held
    cdef int64_t count

    def __init__(self, headers):
        pairs, ends = headers.values.flatten(), headers.offsets
        if headers.null_count:
            raise ValueError("a list of headers is null")
        self._held = (headers, pairs, ends)
        self.count = len(headers)
        self.names, self.contents = column_of(pairs[0]), column_of(pairs[1])
        self.ends = <const int32_t*>address(ends.buffers()[1]) + <int64_t>ends.offset

    cdef bint is_replay(self, int64_t at) noexcept nogil:
        cdef int64_t size = self.names.ends[at + 1] - self.names.ends[at]
        return size >= 8 and memcmp(self.names.data + self.names.ends[at], b"x-replay", 8) == 0


cdef class _Bytes:
    """Bytes of one body; freed with the object."""

    cdef uint8_t* at
    cdef int64_t room

    def __cinit__(self):
        self.at = NULL
        self.room = 0

    def __dealloc__(self):
        free(self.at)


def body_digests(keys, values, headers):
    """Return the SHA-256 digest of each body, as an array of 32 bytes a row.

    Args:
        keys: Binary array.
        values: Binary array.
        headers: List array of name and value.
    """
    cdef Column key = column_of(keys), value = column_of(values)
    cdef _Headers pairs = _Headers(headers)
    cdef int64_t count = len(keys), row, size
    cdef _Bytes body = _Bytes()
    digests = np.empty((count, DIGEST), np.uint8)
    cdef uint8_t[:, ::1] into = digests
    cdef bytes digest
    sha256 = hashlib.sha256
    if pairs.count != count or value.count != count:
        raise ValueError("keys, values and headers differ in length")
    for row in range(count):
        size = _body(body, &key, &value, pairs, row)
        if size < 0:
            raise MemoryError
        digest = sha256(PyBytes_FromStringAndSize(<char*>body.at, size)).digest()
        memcpy(&into[row, 0], <const uint8_t*>digest, DIGEST)
    return digests


cdef int64_t _body(_Bytes body, const Column* key, const Column* value, _Headers headers, int64_t row) noexcept nogil:
    """Write the body of a row and return its size; -1 without memory."""
    cdef int64_t first = headers.ends[row], last = headers.ends[row + 1], at
    cdef int64_t most = 14 + (key.ends[row + 1] - key.ends[row]) + (value.ends[row + 1] - value.ends[row])
    cdef uint8_t* into
    cdef uint8_t* number
    cdef uint32_t kept = 0
    most += 10 * (last - first) + headers.names.ends[last] - headers.names.ends[first]
    most += headers.contents.ends[last] - headers.contents.ends[first]
    into = <uint8_t*>grown(body.at, &body.room, most, 1)
    if into == NULL:
        return -1
    body.at = into
    into = _field(into, key, row)
    into = _field(into, value, row)
    number, into = into, into + 4
    for at in range(first, last):
        if not headers.is_replay(at):
            into = _field(into, &headers.names, at)
            into = _field(into, &headers.contents, at)
            kept += 1
    _big_endian(number, kept)
    return into - body.at


cdef inline uint8_t* _field(uint8_t* into, const Column* column, int64_t at) noexcept nogil:
    cdef int64_t size = column.ends[at + 1] - column.ends[at]
    into[0] = not is_null(column, at)
    if into[0] == 0:
        return into + 1
    _big_endian(into + 1, <uint32_t>size)
    if size > 0:
        memcpy(into + 5, column.data + column.ends[at], <size_t>size)
    return into + 5 + size


cdef inline void _big_endian(uint8_t* into, uint32_t number) noexcept nogil:
    into[0], into[1], into[2], into[3] = number >> 24, number >> 16 & 0xFF, number >> 8 & 0xFF, number & 0xFF


cdef inline uint8_t* _long(uint8_t* into, int64_t number) noexcept nogil:
    _big_endian(into, <uint32_t>(<uint64_t>number >> 32))
    _big_endian(into + 4, <uint32_t><uint64_t>number)
    return into + 8


def digest_positions(
    digest, topics, const int32_t[::1] partitions, const int64_t[::1] offsets, const int64_t[::1] timestamps,
    const int8_t[::1] kinds, const uint8_t[:, ::1] bodies
):
    """Add the items of a selection to a running digest: topic, position, timestamp and body digest of each record.

    Args:
        digest: Object with ``update``.
        topics: String array.
        partitions: Of each record.
        offsets: Same.
        timestamps: Milliseconds.
        kinds: Type of the timestamp: 0 create, 1 append, -1 none.
        bodies: Body digests.
    """
    cdef Column topic = column_of(topics)
    cdef int64_t row, count = topic.count, size, most
    cdef _Bytes piece = _Bytes()
    cdef uint8_t* start
    cdef uint8_t* into
    if not (partitions.shape[0] == offsets.shape[0] == timestamps.shape[0] == kinds.shape[0] == bodies.shape[0] == count):
        raise ValueError("the columns of a selection differ in length")
    most = _PIECE + 4 + _POSITION + DIGEST + (topic.ends[count] - topic.ends[0] if count else 0)
    start = into = <uint8_t*>grown(NULL, &piece.room, most, 1)
    if start == NULL:
        raise MemoryError
    piece.at = start
    for row in range(count):
        size = topic.ends[row + 1] - topic.ends[row]
        _big_endian(into, <uint32_t>size)
        memcpy(into + 4, topic.data + topic.ends[row], <size_t>size)
        into += 4 + size
        _big_endian(into, <uint32_t>partitions[row])
        into = _long(into + 4, offsets[row])
        into = _long(into, timestamps[row])
        into[0] = <uint8_t>kinds[row]
        memcpy(into + 1, &bodies[row, 0], DIGEST)
        into += 1 + DIGEST
        if into - start >= _PIECE:
            digest.update(PyBytes_FromStringAndSize(<char*>start, into - start))
            into = start
    digest.update(PyBytes_FromStringAndSize(<char*>start, into - start))


cdef class _Added:
    """One header that is appended: its name, and the value of each record; null adds nothing."""

    cdef bytes name
    cdef Column values
    cdef object _held

    def __init__(self, name, values):
        self.name, self._held = name, values
        self.values = column_of(values)


def replay_headers(headers, added):
    """Return headers without those of earlier replays, and with new ones behind.

    Args:
        headers: List array of name and value.
        added: Name and binary array of each new header; a null value leaves that header out of its record.

    Raises:
        OverflowError: The headers take 2 GiB or more.
    """
    cdef _Headers old = _Headers(headers)
    cdef list new = [_Added(name, values) for name, values in added]
    cdef int64_t count = old.count, row, at, pairs = 0, name_bytes = 0, value_bytes = 0, nulls = 0, number, size
    cdef _Added one
    for one in new:
        if one.values.count != count:
            raise ValueError("a header has not one value for each record")
    with nogil:
        for at in range(old.ends[0] if count else 0, old.ends[count] if count else 0):
            if not old.is_replay(at):
                pairs += 1
                name_bytes += old.names.ends[at + 1] - old.names.ends[at]
                value_bytes += old.contents.ends[at + 1] - old.contents.ends[at]
                nulls += is_null(&old.contents, at)
    for one in new:
        size = len(one.name)
        for row in range(count):
            if not is_null(&one.values, row):
                pairs += 1
                name_bytes += size
                value_bytes += one.values.ends[row + 1] - one.values.ends[row]
    if name_bytes > _MOST or value_bytes > _MOST or pairs >= _MOST:
        raise OverflowError("more than 2 GiB of headers in one array")
    lists, name_ends, value_ends = new_buffer(4 * (count + 1)), new_buffer(4 * (pairs + 1)), new_buffer(4 * (pairs + 1))
    names, values, validity = new_buffer(name_bytes), new_buffer(value_bytes), np.full((pairs + 7) // 8, 0xFF, np.uint8)
    cdef int32_t* list_end = <int32_t*>address(lists)
    cdef int32_t* name_end = <int32_t*>address(name_ends)
    cdef int32_t* value_end = <int32_t*>address(value_ends)
    cdef uint8_t* name_at = <uint8_t*>address(names)
    cdef uint8_t* value_at = <uint8_t*>address(values)
    cdef uint8_t[::1] valid = validity
    list_end[0] = name_end[0] = value_end[0] = 0
    number = 0
    for row in range(count):
        for at in range(old.ends[row], old.ends[row + 1]):
            if old.is_replay(at):
                continue
            _append(&old.names, at, name_at, name_end + number)
            _append(&old.contents, at, value_at, value_end + number)
            if is_null(&old.contents, at):
                valid[number >> 3] &= <uint8_t>(0xFF ^ (1 << (number & 7)))
            number += 1
        for one in new:
            if is_null(&one.values, row):
                continue
            size = len(one.name)
            memcpy(name_at + name_end[number], <const uint8_t*>one.name, <size_t>size)
            name_end[number + 1] = name_end[number] + <int32_t>size
            _append(&one.values, row, value_at, value_end + number)
            number += 1
        list_end[row + 1] = <int32_t>number
    structs = pa.StructArray.from_arrays(
        [
            pa.Array.from_buffers(pa.binary(), pairs, [None, name_ends, names]),
            pa.Array.from_buffers(pa.binary(), pairs, [pa.py_buffer(validity) if nulls else None, value_ends, values], nulls),
        ],
        fields=list(headers.type.value_type),
    )
    return pa.Array.from_buffers(headers.type, count, [None, lists], 0, children=[structs])


cdef inline void _append(const Column* column, int64_t at, uint8_t* content, int32_t* end) noexcept nogil:
    """Copy a value behind those before it, and write where it ends."""
    cdef int64_t size = column.ends[at + 1] - column.ends[at]
    if size > 0:
        memcpy(content + end[0], column.data + column.ends[at], <size_t>size)
    end[1] = end[0] + <int32_t>size
