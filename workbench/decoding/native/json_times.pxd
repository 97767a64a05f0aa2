"""Dates and times of JSON."""

from libc.stdint cimport int64_t

from workbench.decoding.native.json_text cimport Sink


cdef bint put_date(Sink* sink, int64_t days) noexcept nogil
cdef bint put_time(Sink* sink, int64_t number, int digits) noexcept nogil
cdef bint put_timestamp(Sink* sink, int64_t number, int digits, bint utc) noexcept nogil
