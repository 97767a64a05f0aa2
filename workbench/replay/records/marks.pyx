# cython: language_level=3, boundscheck=False, wraparound=False
"""Looks for the marks of a run, the headers ``x-replay-id`` and ``x-replay-seq``, on records that were read back."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcmp

from workbench.buffers.slices cimport Column, address, column_of, is_null

cdef enum:
    MOST_DIGITS = 18  # of a number that 64 bits hold


def marked_as(headers, const int64_t[::1] seqs not None, bytes run_id not None):
    """Tell whether each record carries the id of a run and its own seq, each once.

    Args:
        headers: List array of name and value.
        seqs: Of each record.
        run_id: Its text.
    """
    pairs, bounds = headers.values.flatten(), headers.offsets
    if headers.null_count or len(headers) != seqs.shape[0]:
        return False
    cdef Column names = column_of(pairs[0]), contents = column_of(pairs[1])
    cdef const int32_t* ends = <const int32_t*>address(bounds.buffers()[1]) + <int64_t>bounds.offset
    cdef int64_t row, at, ids, numbers, count = seqs.shape[0]
    cdef const uint8_t* wanted = <const uint8_t*>run_id
    cdef int64_t size = len(run_id)
    cdef bint equal = True
    with nogil:
        for row in range(count):
            ids = numbers = 0
            for at in range(ends[row], ends[row + 1]):
                if _is(&names, at, b"x-replay-id", 11):
                    ids += 1
                    equal = equal and _is(&contents, at, wanted, size)
                elif _is(&names, at, b"x-replay-seq", 12):
                    numbers += 1
                    equal = equal and _is_number(&contents, at, seqs[row])
            if ids != 1 or numbers != 1 or not equal:
                equal = False
                break
    return bool(equal)


cdef inline bint _is(const Column* column, int64_t at, const uint8_t* wanted, int64_t size) noexcept nogil:
    cdef int64_t start = column.ends[at]
    if column.ends[at + 1] - start != size or is_null(column, at):
        return False
    return memcmp(column.data + start, wanted, <size_t>size) == 0


cdef bint _is_number(const Column* column, int64_t at, int64_t number) noexcept nogil:
    """Whether a value is this number in decimal."""
    cdef const uint8_t* text = column.data + column.ends[at]
    cdef int64_t size = column.ends[at + 1] - column.ends[at], found = 0, digit
    if is_null(column, at) or not 1 <= size <= MOST_DIGITS:
        return False
    for digit in range(size):
        if not 48 <= text[digit] <= 57:
            return False
        found = 10 * found + text[digit] - 48
    return found == number
