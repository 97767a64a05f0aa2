"""Columns that grow row by row and become Arrow arrays without another copy."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.decoding.native.values cimport Value


cdef class TextColumn:
    cdef int32_t* ends
    cdef int64_t rows, ends_room
    cdef uint8_t* content
    cdef int64_t size, content_room
    cdef uint8_t* valid
    cdef int64_t valid_room, values

    cdef bint _fill(self, int64_t row) noexcept nogil
    cdef bint put(self, int64_t row, const Value* value) noexcept nogil


cdef class NumberColumn:
    cdef uint8_t* content
    cdef int64_t content_room, rows, values
    cdef int width
    cdef uint8_t* valid
    cdef int64_t valid_room

    cdef bint put(self, int64_t row, int64_t number) noexcept nogil


cdef class Rows:
    """Which rows of a struct are not null."""
    cdef uint8_t* valid
    cdef int64_t room, values

    cdef bint put(self, int64_t row) noexcept nogil


cdef class Ends:
    """Where the items of each row of a list end."""
    cdef int32_t* ends
    cdef int64_t rows, room

    cdef bint put(self, int64_t row, int64_t end) noexcept nogil
