"""Writes Protobuf fields that no schema has."""

from libc.stdint cimport int32_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_tables cimport ProtobufTables
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes


cdef bint write_wire_tree(
    ProtobufTables tables, int32_t entry, Bytes* value, Sink* sink, State* state, int level
) noexcept nogil
