# cython: language_level=3, boundscheck=False, wraparound=False
"""Joins constants, texts and decimal numbers to one text for each row."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, address, column_of, new_buffer

_MOST = (1 << 31) - 1


cdef enum:
    MOST_PARTS = 16
    DIGITS = 20  # of a number of 64 bits with its sign


cdef struct Part:
    const int64_t* numbers  # where it is a number
    const uint8_t* constant  # where it is the same in each row
    int64_t size  # of the constant
    Column texts  # where it is neither


def joined_texts(int64_t count, *contents):
    """Return the parts of each row behind one another, as a binary array.

    Args:
        count: Number of rows.
        contents: Up to 16 parts: bytes that stand in every row, a string or binary array, or a numpy array of integers.

    Raises:
        ValueError: A part has not one value for each row, or there are too many.
        OverflowError: The texts take 2 GiB or more.
    """
    cdef Part parts[MOST_PARTS]
    cdef int64_t number, row, most = 0, last = len(contents)
    cdef list held = []
    if last > MOST_PARTS:
        raise ValueError(f"{last} parts are too many")
    for number in range(last):
        held.append(_fill(&parts[number], contents[number], count))
        most += _most_bytes(&parts[number], count)
    if most > _MOST:
        raise OverflowError("more than 2 GiB of texts in one array")
    ends, content = new_buffer(4 * (count + 1)), new_buffer(most)
    cdef int32_t* end = <int32_t*>address(ends)
    cdef uint8_t* start = <uint8_t*>address(content)
    cdef uint8_t* into = start
    with nogil:
        end[0] = 0
        for row in range(count):
            for number in range(last):
                into = _write(into, &parts[number], row)
            end[row + 1] = <int32_t>(into - start)
    return pa.Array.from_buffers(pa.binary(), count, [None, ends, content], 0)


cdef object _fill(Part* part, object content, int64_t count):
    """Describe a part, and return what holds its memory."""
    cdef const int64_t[::1] numbers
    part.numbers, part.constant = NULL, NULL
    if isinstance(content, bytes):
        part.constant, part.size = <const uint8_t*><bytes>content, len(content)
        return content
    if len(content) != count:
        raise ValueError("a part has not one value for each row")
    if isinstance(content, np.ndarray):
        numbers = np.ascontiguousarray(content, np.int64)
        part.numbers = &numbers[0] if count else NULL
        return numbers
    if content.null_count:
        raise ValueError("a text to be joined is null")
    part.texts = column_of(content)
    return content


cdef int64_t _most_bytes(const Part* part, int64_t count) noexcept nogil:
    if part.constant != NULL:
        return part.size * count
    if part.numbers != NULL:
        return DIGITS * count
    return part.texts.ends[count] - part.texts.ends[0] if count else 0


cdef inline uint8_t* _write(uint8_t* into, const Part* part, int64_t row) noexcept nogil:
    cdef int64_t size = part.size
    cdef const uint8_t* text = part.constant
    if part.numbers != NULL:
        return _decimal(into, part.numbers[row])
    if text == NULL:
        size, text = part.texts.ends[row + 1] - part.texts.ends[row], part.texts.data + part.texts.ends[row]
    memcpy(into, text, <size_t>size)
    return into + size


cdef inline uint8_t* _decimal(uint8_t* into, int64_t number) noexcept nogil:
    cdef uint8_t digits[DIGITS]
    cdef uint64_t left = <uint64_t>number
    cdef int at = DIGITS
    if number < 0:
        into[0] = 45
        into += 1
        left = 0 - left
    while True:
        at -= 1
        digits[at] = <uint8_t>(48 + left % 10)
        left //= 10
        if left == 0:
            break
    memcpy(into, digits + at, DIGITS - at)
    return into + DIGITS - at
