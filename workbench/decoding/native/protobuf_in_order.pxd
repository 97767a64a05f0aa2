"""Writes Protobuf messages whose fields stand in the order of the schema."""

from libc.stdint cimport int32_t, int64_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_tables cimport ProtobufTables
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes


cdef bint write_in_order(
    ProtobufTables tables, int32_t message, Bytes* value, int64_t stop, Sink* sink, State* state, int level
) noexcept nogil
