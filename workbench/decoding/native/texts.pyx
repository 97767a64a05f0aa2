# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads texts of a fixed form in whole columns: UUIDs and W3C trace parents."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, Slice, column_of, gathered, grown

cdef enum:
    _UUID_SIZE = 36
    _HEX_SIZE = 32
    _PARENT_SIZE = 55  # version - 32 digits of the trace - 16 of the span - flags

cdef uint8_t _LOWER[256]  # 0 for lower-case hex digits, 1 for other letters
cdef uint8_t _EITHER[256]  # the same for hex digits of both cases
for _letter in range(256):
    _LOWER[_letter] = _letter not in b"0123456789abcdef"
    _EITHER[_letter] = _letter not in b"0123456789abcdefABCDEF"


def uuids(texts):
    """Tell which texts are a UUID of lower-case hex digits and hyphens, or 32 hex digits of any case (bool)."""
    cdef Column column = column_of(texts)
    cdef int64_t at
    found = np.zeros(column.count, np.bool_)
    cdef uint8_t[::1] found_at = found.view(np.uint8)
    with nogil:
        for at in range(column.count):
            found_at[at] = _is_uuid(column.data + column.ends[at], column.ends[at + 1] - column.ends[at])
    return found


def odd_ids(texts):
    """Whether any text has what only an id in an unusual spelling has: capital letters, braces or colons."""
    cdef Column column = column_of(texts)
    cdef int64_t at, start = column.ends[0], stop = column.ends[column.count]
    cdef uint8_t byte, found = 0
    # The bytes of all texts are adjacent: one loop without branches, which the C compiler makes into vector code.
    with nogil:
        for at in range(start, stop):
            byte = column.data[at]
            found |= (<uint8_t>(byte - c"A") < 26) | (byte == c"{") | (byte == c":")
    return bool(found)


def trace_parents(texts):
    """Split W3C trace parents of version 00.

    Returns:
        Which texts are one that is valid, whether it is sampled (both bool), trace ids and span ids (null elsewhere).
    """
    cdef Column column = column_of(texts)
    cdef int64_t at, room = 0
    cdef int32_t start
    cdef const uint8_t* text
    valid, sampled = np.zeros(column.count, np.bool_), np.zeros(column.count, np.bool_)
    cdef uint8_t[::1] valid_at = valid.view(np.uint8)
    cdef uint8_t[::1] sampled_at = sampled.view(np.uint8)
    cdef Slice* slices = <Slice*>grown(NULL, &room, column.count, 2 * sizeof(Slice))
    if slices == NULL:
        raise MemoryError
    try:
        with nogil:
            for at in range(column.count):
                start = column.ends[at]
                text = column.data + start
                # The size is compared first: `_is_parent` reads 55 bytes.
                valid_at[at] = column.ends[at + 1] - start == _PARENT_SIZE and _is_parent(text)
                # The lowest bit of the flags: digits have it in their own lowest bit, the letters a to f inverted.
                sampled_at[at] = valid_at[at] and (text[54] & 1) == (text[54] <= c"9")
                slices[2 * at] = Slice(start + 3, 32 if valid_at[at] else -1)
                slices[2 * at + 1] = Slice(start + 36, 16 if valid_at[at] else -1)
        trace_ids = gathered(column.data, slices, column.count, 2, pa.string())
        return valid, sampled, trace_ids, gathered(column.data, slices + 1, column.count, 2, pa.string())
    finally:
        free(slices)


cdef inline bint _is_uuid(const uint8_t* text, int64_t size) noexcept nogil:
    if size == _HEX_SIZE:
        return _all_in(_EITHER, text, _HEX_SIZE)
    if size != _UUID_SIZE or text[8] != c"-" or text[13] != c"-" or text[18] != c"-" or text[23] != c"-":
        return False
    return (
        _all_in(_LOWER, text, 8)
        and _all_in(_LOWER, text + 9, 4)
        and _all_in(_LOWER, text + 14, 4)
        and _all_in(_LOWER, text + 19, 4)
        and _all_in(_LOWER, text + 24, 12)
    )


cdef inline bint _is_parent(const uint8_t* text) noexcept nogil:
    """Whether 55 bytes are a valid trace parent; ids of zeros alone are invalid."""
    if text[0] != c"0" or text[1] != c"0" or text[2] != c"-" or text[35] != c"-" or text[52] != c"-":
        return False
    return (
        _all_in(_LOWER, text + 3, 32)
        and _all_in(_LOWER, text + 36, 16)
        and _all_in(_LOWER, text + 53, 2)
        and _not_zero(text + 3, 32)
        and _not_zero(text + 36, 16)
    )


cdef inline bint _all_in(const uint8_t* others, const uint8_t* text, int size) noexcept nogil:
    """Whether the table marks none of the bytes."""
    cdef int at
    cdef uint8_t found = 0
    for at in range(size):
        found |= others[text[at]]
    return found == 0


cdef inline bint _not_zero(const uint8_t* digits, int size) noexcept nogil:
    cdef int at
    for at in range(size):
        if digits[at] != c"0":
            return True
    return False
