# cython: language_level=3, boundscheck=False, wraparound=False
"""Marks of texts, by which many of them are compared without holding them."""

from libc.stdint cimport int64_t, uint64_t

import numpy as np

from workbench.buffers.slices cimport Column, address, column_of, is_null, new_buffer


def text_marks(array):
    """Return a mark of 64 bits for each text of a column (FNV-1a, mixed); 0 for null.

    Equal texts have equal marks. Different ones have equal marks so rarely that a count may use them; where it matters,
    the texts of equal marks are compared.
    """
    cdef Column column = column_of(array)
    marks = new_buffer(8 * column.count)
    cdef uint64_t* into = <uint64_t*>address(marks)
    cdef int64_t row, at
    cdef uint64_t mark
    with nogil:
        for row in range(column.count):
            mark = 0xCBF29CE484222325ULL
            for at in range(column.ends[row], column.ends[row + 1]):
                mark = (mark ^ column.data[at]) * 0x100000001B3ULL
            mark ^= mark >> 32
            mark *= 0xD6E8FEB86659FD93ULL
            mark ^= mark >> 32
            into[row] = 0 if is_null(&column, row) else mark | 1
    return np.frombuffer(marks, np.uint64)
