"""Thrift's compact protocol, in which Parquet writes everything but the values."""

from libc.stdint cimport int16_t, int64_t, uint8_t

from workbench.store.parquet.output cimport Output

cdef enum:
    DEEPEST = 16  # structs in one another


cdef class Thrift(Output):
    cdef int16_t fields[DEEPEST]  # the last field of each struct that is open
    cdef int depth

    cdef void clear(self) noexcept nogil
    cdef void put_field(self, int16_t number, uint8_t kind) noexcept nogil
    cdef void put_int(self, int16_t number, int64_t value) noexcept nogil
    cdef void put_long(self, int16_t number, int64_t value) noexcept nogil
    cdef void put_flag(self, int16_t number, bint value) noexcept nogil
    cdef void put_int8(self, int16_t number, uint8_t value) noexcept nogil
    cdef void put_content(self, int16_t number, const void* content, int64_t size) noexcept nogil
    cdef void put_item(self, const void* content, int64_t size) noexcept nogil
    cdef void begin_list(self, int16_t number, uint8_t kind, int64_t items) noexcept nogil
    cdef void begin(self, int16_t number) noexcept nogil
    cdef void begin_item(self) noexcept nogil
    cdef void end(self) noexcept nogil
    cdef void put_nothing(self, int16_t number) noexcept nogil

cdef enum:
    KIND_INT = 5
    KIND_LONG = 6
    KIND_CONTENT = 8
    KIND_LIST = 9
    KIND_STRUCT = 12
