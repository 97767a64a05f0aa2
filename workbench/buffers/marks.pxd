"""Compares headers with the two marks of a run: one value that all of its records have, and the number of each."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp

from workbench.buffers.slices cimport Bytes

cdef enum:
    MOST_DIGITS = 18  # of a number that 64 bits hold


cdef struct Marks:
    Bytes run_name
    Bytes run
    Bytes number_name


cdef enum Mark:
    NO_MARK, OF_RUN, OF_RECORD, WRONG_MARK


cdef inline Bytes bytes_of(bytes content) noexcept:
    """Return where bytes lie; the caller must keep them."""
    cdef Bytes found
    found.at, found.size = <const uint8_t*>content, len(content)
    return found


cdef inline Mark mark_of(const Marks* marks, Bytes name, Bytes content, int64_t number) noexcept nogil:
    """Tell which mark a header is, and whether it is the one of this record."""
    if equal(name, marks.run_name):
        return OF_RUN if equal(content, marks.run) else WRONG_MARK
    if equal(name, marks.number_name):
        return OF_RECORD if is_number(content, number) else WRONG_MARK
    return NO_MARK


cdef inline bint equal(Bytes one, Bytes other) noexcept nogil:
    if one.size != other.size or (one.at == NULL) != (other.at == NULL):
        return False
    return one.size == 0 or memcmp(one.at, other.at, <size_t>one.size) == 0


cdef inline bint begins(Bytes content, Bytes start) noexcept nogil:
    return content.size >= start.size and memcmp(content.at, start.at, <size_t>start.size) == 0


cdef inline bint is_number(Bytes text, int64_t number) noexcept nogil:
    """Whether a value is this number in decimal."""
    cdef int64_t found = 0, digit
    if text.at == NULL or not 1 <= text.size <= MOST_DIGITS:
        return False
    for digit in range(text.size):
        if not 48 <= text.at[digit] <= 57:
            return False
        found = 10 * found + text.at[digit] - 48
    return found == number
