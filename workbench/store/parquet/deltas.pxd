"""Whole numbers as packed differences."""

from libc.stdint cimport int64_t

from workbench.store.parquet.output cimport Output


cdef void put_deltas(Output into, const int64_t* numbers, int64_t count, bint narrow) noexcept nogil
