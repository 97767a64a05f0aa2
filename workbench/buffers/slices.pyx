# cython: language_level=3, boundscheck=False, wraparound=False
"""Builds Arrow arrays from slices of one buffer, and gives loops the memory of Arrow arrays."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uintptr_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy, memset

import pyarrow as pa

cdef extern from *:
    """
    #if defined(__OPTIMIZE__) || defined(_MSC_VER)
    #define WB_IS_OPTIMISED 1
    #else
    #define WB_IS_OPTIMISED 0
    #endif
    """
    const bint WB_IS_OPTIMISED

cdef int32_t _no_end = 0  # bounds of an array without values: Arrow allows it to have no offsets buffer


def is_optimised():
    """Whether the compiler was told to optimise this module; all modules are compiled with the same options."""
    return WB_IS_OPTIMISED


cdef object new_buffer(int64_t size):
    """Allocate a buffer in Arrow's memory pool."""
    return pa.allocate_buffer(size)


cdef void* address(object buffer) except? NULL:
    """Return the address of an Arrow buffer's bytes; the caller must keep the buffer."""
    return <void*><uintptr_t>buffer.address


cdef Column column_of(object array) except *:
    """Return the bytes and bounds of a binary or string array; the caller must keep the array.

    Raises:
        TypeError: It is an array of another type, large ones with 64-bit offsets included.
    """
    cdef Column column
    if not (pa.types.is_string(array.type) or pa.types.is_binary(array.type)):
        raise TypeError(f"a binary or string array is needed, not {array.type}")
    valid, ends, data = array.buffers()
    column.count = len(array)
    column.first = array.offset
    column.valid = <const uint8_t*>address(valid) if valid is not None else NULL
    # Never NULL, which stands for null: an array of empty values may have no memory.
    column.data = <const uint8_t*>address(data) if data is not None else <const uint8_t*>&_no_end
    column.ends = &_no_end
    if column.count:
        column.ends = <const int32_t*>address(ends) + column.first
    return column


cdef void* grown(void* memory, int64_t* room, int64_t needed, size_t item) noexcept nogil:
    """Return memory for at least ``needed`` items that holds what ``memory`` held.

    NULL where there is none; ``memory`` is then still valid and the caller frees it.
    """
    cdef void* more
    # Twice as much as needed, so that growing one by one copies each item about once.
    cdef int64_t size = 2 * needed + 1
    if needed <= room[0] and memory != NULL:
        return memory
    more = realloc(memory, <size_t>size * item)
    if more != NULL:
        room[0] = size
    return more


cdef object gathered(const uint8_t* data, const Slice* slices, int64_t count, int64_t step, object kind):
    """Copy every ``step``-th slice, ``count`` of them, to a new binary or string array.

    Args:
        data: The bytes; the caller has checked that the slices lie inside.
        slices: Start and size of each value; a negative size is null.
        count: Values of the array.
        step: Slices from one value to the next, for tables with several slices in a row.
        kind: Arrow type of the array.

    Raises:
        OverflowError: Their bytes do not fit one array.
    """
    cdef int64_t row, total = 0, nulls = 0
    cdef const Slice* item
    with nogil:
        for row in range(count):
            item = slices + row * step
            if item.size < 0:
                nulls += 1
            else:
                total += item.size
    # Measure first, then allocate once: offsets of 32 bits would wrap around beyond 2 GiB.
    if total > 0x7FFFFFFF:
        raise OverflowError("more than 2 GiB in one array")
    offsets, content = new_buffer(4 * (count + 1)), new_buffer(total)
    validity = new_buffer((count + 7) // 8) if nulls else None
    cdef int32_t* ends = <int32_t*>address(offsets)
    cdef uint8_t* into = <uint8_t*>address(content)
    cdef uint8_t* valid = <uint8_t*>address(validity) if nulls else NULL
    cdef int32_t at = 0
    with nogil:
        if valid != NULL:
            memset(valid, 0, <size_t>((count + 7) // 8))
        ends[0] = 0
        for row in range(count):
            item = slices + row * step
            if item.size > 0:
                memcpy(into + at, data + item.start, <size_t>item.size)
                at += item.size
            if valid != NULL and item.size >= 0:
                valid[row >> 3] |= <uint8_t>(1 << (row & 7))
            ends[row + 1] = at
    return pa.Array.from_buffers(kind, count, [validity, offsets, content], nulls)
