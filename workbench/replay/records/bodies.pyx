# cython: language_level=3, boundscheck=False, wraparound=False
"""Digests record bodies, and appends headers to records, column by column (docs/replay-rules.md, "Digests").

A body is key, value, number of headers, and name and value of each header: of each field a byte that tells null, its
length (32 bits, big-endian) and its bytes. Headers whose name begins with ``x-replay`` do not belong to it. SHA-256 is
computed by the processor's own instructions where it has them, without the interpreter; elsewhere by hashlib.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcmp, memcpy

import hashlib

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, address, column_of, grown, is_null, new_buffer

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    #if defined(__x86_64__) && defined(__GNUC__)
    #include <cpuid.h>
    #include <immintrin.h>

    static int has_sha(void) {
        unsigned a, b, c, d;
        if (!__builtin_cpu_supports("sse4.1") || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
        return b >> 29 & 1;
    }

    static const uint32_t sha_constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

    /* Compiled for the SHA instructions alone of all functions, and called only where the processor has them.
       The content is followed by 72 bytes of room, into which its padding is written. */
    __attribute__((target("sha,sse4.1")))
    static void sha256(uint8_t *content, int64_t size, uint8_t *digest) {
        const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
        __m128i abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
        __m128i cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
        int64_t padded = (size + 9 + 63) / 64 * 64;
        uint64_t bits = __builtin_bswap64((uint64_t)size * 8);
        memset(content + size, 0, (size_t)(padded - size));
        content[size] = 0x80;
        memcpy(content + padded - 8, &bits, 8);
        for (const uint8_t *at = content; at < content + padded; at += 64) {
            __m128i before = abef, after = cdgh, words[4], next, sum;
            for (int part = 0; part < 4; part++)
                words[part] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)at + part), big_endian);
            #pragma GCC unroll 16
            for (int step = 0; step < 16; step++) {
                sum = _mm_loadu_si128((const __m128i *)sha_constants + step);
                sum = _mm_add_epi32(words[step & 3], sum);
                cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
                abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
                if (step < 12) {
                    next = _mm_sha256msg1_epu32(words[step & 3], words[(step + 1) & 3]);
                    next = _mm_add_epi32(next, _mm_alignr_epi8(words[(step + 3) & 3], words[(step + 2) & 3], 4));
                    words[step & 3] = _mm_sha256msg2_epu32(next, words[(step + 3) & 3]);
                }
            }
            abef = _mm_add_epi32(abef, before);
            cdgh = _mm_add_epi32(cdgh, after);
        }
        /* From ABEF and CDGH, highest first, to A to H, each big-endian. */
        __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
        __m128i first = _mm_blend_epi16(feba, dchg, 0xf0), second = _mm_alignr_epi8(dchg, feba, 8);
        _mm_storeu_si128((__m128i *)digest, _mm_shuffle_epi8(first, big_endian));
        _mm_storeu_si128((__m128i *)digest + 1, _mm_shuffle_epi8(second, big_endian));
    }
    #else
    static int has_sha(void) { return 0; }
    static void sha256(uint8_t *content, int64_t size, uint8_t *digest) {}
    #endif
    """
    bint has_sha() nogil
    void sha256(uint8_t* content, int64_t size, uint8_t* digest) nogil

cdef enum:
    DIGEST = 32
    PADDING = 72  # room behind a body for what SHA-256 appends
    MOST_ADDED = 32  # headers that are appended to a record

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
    of = hashlib.sha256
    if pairs.count != count or value.count != count:
        raise ValueError("keys, values and headers differ in length")
    if has_sha():
        size = 0
        with nogil:
            for row in range(count):
                size = _body(body, &key, &value, pairs, row)
                if size < 0:
                    break
                sha256(body.at, size, &into[row, 0])
        if size < 0:
            raise MemoryError
        return digests
    for row in range(count):
        size = _body(body, &key, &value, pairs, row)
        if size < 0:
            raise MemoryError
        digest = of(PyBytes_FromStringAndSize(<char*>body.at, size)).digest()
        memcpy(&into[row, 0], <const uint8_t*>digest, DIGEST)
    return digests


cdef int64_t _body(_Bytes body, const Column* key, const Column* value, _Headers headers, int64_t row) noexcept nogil:
    """Write the body of a row and return its size; -1 without memory."""
    cdef int64_t first = headers.ends[row], last = headers.ends[row + 1], at
    cdef int64_t most = PADDING + 14 + (key.ends[row + 1] - key.ends[row]) + (value.ends[row + 1] - value.ends[row])
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


cdef struct Added:
    const uint8_t* name
    int64_t name_size
    const uint8_t* constant  # NULL where each record has its own value
    int64_t size
    Column values


cdef object _fill(Added* added, bytes name, object values, int64_t count):
    """Describe a header that is appended, and return what holds its memory."""
    added.name, added.name_size = <const uint8_t*>name, len(name)
    added.constant = NULL
    if isinstance(values, bytes):
        added.constant, added.size = <const uint8_t*><bytes>values, len(values)
    elif len(values) != count:
        raise ValueError("a header has not one value for each record")
    else:
        added.values = column_of(values)
        added.size = added.values.ends[count] - added.values.ends[0] if count else 0
    return name, values


def replay_headers(headers, added):
    """Return headers without those of earlier replays, and with new ones behind.

    Args:
        headers: List array of name and value.
        added: Name of each new header, and its value for all records, or a binary array; a null value leaves that
            header out of its record.

    Raises:
        OverflowError: The headers take 2 GiB or more.
    """
    cdef _Headers old = _Headers(headers)
    cdef int64_t count = old.count, row, at, pairs = 0, name_bytes = 0, value_bytes = 0, nulls = 0, number
    cdef int64_t new, news = len(added)
    cdef Added items[MOST_ADDED]
    cdef Added* one
    cdef list held = []
    if news > MOST_ADDED:
        raise ValueError(f"{news} headers are too many")
    with nogil:
        for at in range(old.ends[0] if count else 0, old.ends[count] if count else 0):
            if not old.is_replay(at):
                pairs += 1
                name_bytes += old.names.ends[at + 1] - old.names.ends[at]
                value_bytes += old.contents.ends[at + 1] - old.contents.ends[at]
                nulls += is_null(&old.contents, at)
    # As many as there would be if none of the new ones were null.
    for new, (name, content) in enumerate(added):
        one = &items[new]
        held.append(_fill(one, name, content, count))
        pairs += count
        name_bytes += one.name_size * count
        value_bytes += one.size if one.constant == NULL else one.size * count
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
    with nogil:
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
            for new in range(news):
                one = &items[new]
                if one.constant == NULL and is_null(&one.values, row):
                    continue
                _copy(one.name, one.name_size, name_at, name_end + number)
                if one.constant == NULL:
                    _append(&one.values, row, value_at, value_end + number)
                else:
                    _copy(one.constant, one.size, value_at, value_end + number)
                number += 1
            list_end[row + 1] = <int32_t>number
    structs = pa.StructArray.from_arrays(
        [
            pa.Array.from_buffers(pa.binary(), number, [None, name_ends, names]),
            pa.Array.from_buffers(pa.binary(), number, [pa.py_buffer(validity) if nulls else None, value_ends, values], nulls),
        ],
        fields=list(headers.type.value_type),
    )
    return pa.Array.from_buffers(headers.type, count, [None, lists], 0, children=[structs])


cdef inline void _append(const Column* column, int64_t at, uint8_t* content, int32_t* end) noexcept nogil:
    """Copy a value behind those before it, and write where it ends."""
    _copy(column.data + column.ends[at], column.ends[at + 1] - column.ends[at], content, end)


cdef inline void _copy(const uint8_t* value, int64_t size, uint8_t* content, int32_t* end) noexcept nogil:
    if size > 0:
        memcpy(content + end[0], value, <size_t>size)
    end[1] = end[0] + <int32_t>size
