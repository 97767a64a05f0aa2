"""Columns that grow row by row and become Arrow arrays without another copy."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy

from workbench.decoding.native.values cimport Value


cdef class TextColumn:
    cdef int32_t* ends
    cdef int64_t expected, rows, ends_room
    cdef uint8_t* content
    cdef int64_t size, content_room
    cdef uint8_t* valid
    cdef int64_t valid_room, values

    cdef bint _fill(self, int64_t row) noexcept nogil
    cdef bint put(self, int64_t row, const Value* value) noexcept nogil


cdef class NumberColumn:
    cdef uint8_t* content
    cdef int64_t expected, content_room, values
    cdef int width
    cdef uint8_t* valid
    cdef int64_t valid_room

    cdef bint put(self, int64_t row, int64_t number) noexcept nogil


cdef class Rows:
    """Which rows of a struct are not null."""
    cdef uint8_t* valid
    cdef int64_t expected, room, values

    cdef bint put(self, int64_t row) noexcept nogil


cdef class Ends:
    """Where the items of each row of a list end."""
    cdef int32_t* ends
    cdef int64_t expected, rows, room

    cdef bint put(self, int64_t row, int64_t end) noexcept nogil


cdef inline bint put_text(TextColumn column, int64_t row, const Value* value) noexcept nogil:
    """Put a text into a row as `TextColumn.put` does; here where the row is the next one and there is room."""
    cdef int64_t end = column.size + value.size
    if value.data == NULL:
        return True
    if column.rows != row or row + 2 > column.ends_room or end > column.content_room or row >= 8 * column.valid_room:
        return column.put(row, value)
    memcpy(column.content + column.size, value.data, <size_t>value.size)
    column.size = end
    column.rows = row + 1
    column.ends[row + 1] = <int32_t>end
    column.values += 1
    column.valid[row >> 3] |= <uint8_t>(1 << (row & 7))
    return True
