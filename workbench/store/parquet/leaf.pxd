"""A column of values with their levels, as it becomes pages."""

from libc.stdint cimport int64_t, uint32_t

from workbench.store.parquet.arrow cimport ArrowArray, Rows
from workbench.store.parquet.output cimport Output
from workbench.store.parquet.runs cimport Runs
from workbench.store.parquet.thrift cimport Thrift
from workbench.store.parquet.values cimport Encoding, Values


cdef class Leaf:
    cdef Leaf next
    cdef int column, member
    cdef list path
    cdef int kind, most_defined
    cdef object codec
    cdef bint in_list, list_optional, outer_optional, inner_optional, ranged
    cdef Values values
    cdef Runs defined, repeated  # the levels
    cdef Output pages, body, dictionary
    cdef Thrift header
    cdef int64_t page_entries, page_values  # of the page that is not made yet
    cdef int64_t entries, value_count  # of the row group
    cdef int64_t uncompressed, compressed, dictionary_bytes  # of its pages, with their headers
    cdef int64_t filter_at, filter_bytes  # where its filter is in the file
    cdef Encoding encoding
    cdef bint compressing

    cdef void begin_group(self, int64_t rows) noexcept nogil
    cdef void put_batch(self, ArrowArray** columns, int64_t count) noexcept nogil
    cdef void finish(self) noexcept nogil
    cdef void finish_group(self) noexcept nogil
    cdef end_page(self)
    cdef put_chunk(self, Output into)
    cdef put_filter(self, Output into, int64_t at)
    cdef describe(self, Thrift into, int64_t at)
    cdef _choose_compression(self)
    cdef void _begin_page(self) noexcept nogil
    cdef void _put_lists(
        self, const ArrowArray* lists, const ArrowArray* values, const Rows* items, int64_t count
    ) noexcept nogil
    cdef uint32_t _depth(self, const Rows* items, int64_t item) noexcept nogil
    cdef void _put_values(self, const ArrowArray* values, const Rows* items, int64_t begin, int64_t end) noexcept nogil
    cdef void _finish_levels(self, Runs levels) noexcept nogil
    cdef _put_page(self, Output into, Output body, bint of_dictionary)
    cdef _describe_range(self, Thrift into)
