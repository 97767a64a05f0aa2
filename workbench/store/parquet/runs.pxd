"""Small numbers as runs and packed groups: levels, and places in a dictionary."""

from libc.stdint cimport int64_t, uint32_t

from workbench.store.parquet.arrow cimport Bits
from workbench.store.parquet.output cimport Output


cdef class Runs(Output):
    cdef int width  # bits of a number
    cdef uint32_t waiting[8]  # of a group that is not full
    cdef int waits
    cdef uint32_t last
    cdef int64_t repeats  # of the last number, since the last group or run
    cdef int64_t header  # of the packed groups that were put last; -1 where a run was
    cdef int groups  # of these

    cdef void begin(self, int width) noexcept nogil
    cdef void put_run(self, uint32_t number, int64_t count) noexcept nogil
    cdef void put_all(self, const uint32_t* numbers, int64_t count) noexcept nogil
    cdef void put_bits(self, Bits outer, Bits inner, int64_t count) noexcept nogil
    cdef void finish(self) noexcept nogil
    cdef void _put_next(self, uint32_t number) noexcept nogil
    cdef void _pack(self, const uint32_t* numbers) noexcept nogil
    cdef void _begin_group(self) noexcept nogil
    cdef void _end_run(self) noexcept nogil


cdef inline void put_small(Runs runs, uint32_t number) noexcept nogil:
    """Put a number."""
    if number == runs.last and runs.repeats >= 8:
        runs.repeats += 1
    else:
        runs._put_next(number)
