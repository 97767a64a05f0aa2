# cython: language_level=3, boundscheck=False, wraparound=False
"""Hashes the texts of Arrow arrays to numbers that files keep, and gives loops their bytes."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

import pyarrow as pa

from workbench.buffers.slices cimport address, new_buffer


cdef Texts texts_of(object array) except *:
    """Return the bytes and bounds of a string array of either size; the caller must keep the array."""
    cdef Texts texts
    small = pa.types.is_string(array.type)
    if not (small or pa.types.is_large_string(array.type)):
        raise TypeError(f"a string array is needed, not {array.type}")
    valid, ends, data = array.buffers()
    texts.count = len(array)
    texts.first = array.offset
    texts.valid = <const uint8_t*>address(valid) if valid is not None else NULL
    texts.data = <const uint8_t*>address(data) if data is not None else NULL
    texts.short_ends = NULL
    texts.long_ends = NULL
    if texts.count:
        if small:
            texts.short_ends = <const int32_t*>address(ends) + texts.first
        else:
            texts.long_ends = <const int64_t*>address(ends) + texts.first
    return texts


def hash_bytes(content):
    """Hash bytes to a whole number of 64 bits, the same on every machine and in every version."""
    data = pa.py_buffer(content)
    return hash_of(<const uint8_t*>address(data), data.size)


def hash_texts(array):
    """Hash each text to 64 bits, the same on every machine and in every version; null is 0.

    Args:
        array: A string or large string array.

    Returns:
        A uint64 array without nulls.

    Raises:
        TypeError: It is an array of another type.
    """
    cdef Texts texts = texts_of(array)
    cdef int64_t row
    content = new_buffer(8 * texts.count)
    cdef uint64_t* into = <uint64_t*>address(content)
    with nogil:
        for row in range(texts.count):
            into[row] = 0 if is_null(&texts, row) else hash_at(place_of(&texts, row))
    return pa.Array.from_buffers(pa.uint64(), texts.count, [None, content])
