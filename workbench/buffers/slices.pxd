"""Builds Arrow arrays from slices of one buffer."""

from libc.stdint cimport int32_t, int64_t, uint8_t


cdef struct Slice:
    int32_t start
    int32_t size  # -1 for null


cdef struct Column:
    const uint8_t* data
    const int32_t* ends  # one more than values; a value lies between two of them
    int64_t count
    const uint8_t* valid  # a bit for each value, from ``first`` on; NULL where none is null
    int64_t first


cdef inline bint is_null(const Column* column, int64_t at) noexcept nogil:
    return column.valid != NULL and not (column.valid[(column.first + at) >> 3] >> ((column.first + at) & 7)) & 1


cdef struct Bytes:
    const uint8_t* at  # NULL for null
    int64_t size


cdef inline Bytes value_at(const Column* column, int64_t at) noexcept nogil:
    """Return where a value lies."""
    cdef Bytes found
    found.at, found.size = NULL, 0
    if not is_null(column, at):
        found.at, found.size = column.data + column.ends[at], column.ends[at + 1] - column.ends[at]
    return found


cdef Column column_of(object array) except *
cdef object gathered(const uint8_t* data, const Slice* slices, int64_t count, int64_t step, object kind)
cdef object new_buffer(int64_t size)
cdef void* address(object buffer) except? NULL
cdef void* grown(void* memory, int64_t* room, int64_t needed, size_t item) noexcept nogil
