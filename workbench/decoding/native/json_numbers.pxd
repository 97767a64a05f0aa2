"""Whole numbers and decimals of JSON."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from workbench.decoding.native.json_text cimport Sink


cdef bint put_int(Sink* sink, int64_t number) noexcept nogil
cdef bint put_uint(Sink* sink, uint64_t number) noexcept nogil
cdef bint put_decimal(Sink* sink, const uint8_t* data, int64_t size, int scale) noexcept nogil
cdef void write_digits(uint8_t* text, int64_t number, int count) noexcept nogil
