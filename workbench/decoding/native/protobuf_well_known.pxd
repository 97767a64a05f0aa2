"""Writes Protobuf's well-known types."""

from libc.stdint cimport int32_t, int64_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_fields cimport ProtobufFields
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes


cdef bint write_well_known(
    ProtobufFields reader, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level
) noexcept nogil
