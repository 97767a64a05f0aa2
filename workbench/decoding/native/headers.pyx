# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds records whose headers have the same names in the same order, and reads the texts of one header."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, Slice, address, column_of, gathered, grown, is_null
from workbench.buffers.utf8 cimport is_utf8


cdef struct Names:
    const int32_t* lists  # where each record's names begin and end among all
    Column names


def sequences(headers, names):
    """Number equal sequences of names alike, in the order of their first record.

    Args:
        headers: A list column.
        names: The name of each header in the lists' values: binary, never null.

    Returns:
        The number of each record, and the first record of each number (both int64).
    """
    cdef int64_t count = len(headers), row, known = 0
    cdef uint64_t size = 64, place
    cdef Names all_names
    numbers, firsts = np.zeros(count, np.int64), np.zeros(count, np.int64)
    if not count:
        return numbers, firsts
    _, lists, *_ = headers.buffers()
    all_names.names = column_of(names)
    all_names.lists = <const int32_t*>address(lists) + <int64_t>headers.offset
    cdef int64_t[::1] number_at = numbers
    cdef int64_t[::1] first_at = firsts
    # Open addressing in a table that is at most half full; a slot holds the number of a sequence plus one, 0 is free.
    while size < <uint64_t>(2 * count):
        size *= 2
    cdef int64_t* slots = <int64_t*>calloc(size, sizeof(int64_t))
    if slots == NULL:
        raise MemoryError
    with nogil:
        for row in range(count):
            # Neighbours of one writer have the same headers; then there is nothing to hash.
            if row and _same(&all_names, row, row - 1):
                number_at[row] = number_at[row - 1]
                continue
            place = _hash(&all_names, row) & (size - 1)
            while slots[place] and not _same(&all_names, row, first_at[slots[place] - 1]):
                place = (place + 1) & (size - 1)
            if not slots[place]:
                first_at[known] = row
                known += 1
                slots[place] = known
            number_at[row] = slots[place] - 1
    free(slots)
    return numbers, firsts[:known].copy()


def texts_at(values, const int64_t[::1] places not None):
    """Read the texts at some places of a binary column.

    Returns:
        A string array, null where the value is null, empty or no UTF-8; and which those are (bool).
    """
    cdef Column column = column_of(values)
    cdef int64_t count = places.shape[0], at, room = 0
    cdef int32_t start, stop
    unusable = np.zeros(count, np.bool_)
    cdef uint8_t[::1] unusable_at = unusable.view(np.uint8)
    cdef Slice* slices = <Slice*>grown(NULL, &room, count, sizeof(Slice))
    if slices == NULL:
        raise MemoryError
    try:
        with nogil:
            for at in range(count):
                start, stop = column.ends[places[at]], column.ends[places[at] + 1]
                unusable_at[at] = start == stop or is_null(&column, places[at]) or not is_utf8(column.data, start, stop)
                slices[at] = Slice(start, -1 if unusable_at[at] else stop - start)
        return gathered(column.data, slices, count, 1, pa.string()), unusable
    finally:
        free(slices)


cdef inline bint _same(const Names* all_names, int64_t left, int64_t right) noexcept nogil:
    """Whether two records have the same names. The names of one record are adjacent, so one comparison of bytes does."""
    cdef int64_t one = all_names.lists[left], other = all_names.lists[right]
    cdef int64_t count = all_names.lists[left + 1] - one, at
    cdef const int32_t* ends = all_names.names.ends
    cdef int64_t size = ends[one + count] - ends[one]
    if all_names.lists[right + 1] - other != count or ends[other + count] - ends[other] != size:
        return False
    for at in range(count):
        if ends[one + at] - ends[one] != ends[other + at] - ends[other]:
            return False
    return size == 0 or memcmp(all_names.names.data + ends[one], all_names.names.data + ends[other], <size_t>size) == 0


cdef inline uint64_t _hash(const Names* all_names, int64_t row) noexcept nogil:
    """Mix the number of names and their bytes, eight at a time, the last ones padded with zeros."""
    cdef const int32_t* ends = all_names.names.ends
    cdef int64_t at = ends[all_names.lists[row]], stop = ends[all_names.lists[row + 1]]
    cdef uint64_t mixed = <uint64_t>(all_names.lists[row + 1] - all_names.lists[row]) + 1, word
    while at < stop:
        word = 0
        memcpy(&word, all_names.names.data + at, <size_t>min(8, stop - at))
        mixed = (mixed ^ word) * <uint64_t>0x9E3779B97F4A7C15
        mixed ^= mixed >> 29
        at += 8
    return mixed ^ (mixed >> 32)
