"""Finds the fields of a Protobuf message and writes them."""

from libc.stdint cimport int32_t, int64_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_tables cimport Field, ProtobufTables
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes


cdef class ProtobufFields(ProtobufTables):
    cdef bint find(
        self, int32_t message, Bytes* value, int64_t stop, Sink* sink, State* state, int64_t ends
    ) noexcept nogil
    cdef void _clear_others(self, int32_t message, int32_t slot, State* state, int64_t ends) noexcept nogil
    cdef bint write_members(
        self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level, bint any_before
    ) noexcept nogil
    cdef bint write_content(
        self, const Field* field, int32_t entry, int32_t last, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil
    cdef bint _list(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil
    cdef bint _map(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil
    cdef bint _key(self, const Field* key, int32_t entry, Bytes* value, Sink* sink, State* state) noexcept nogil
