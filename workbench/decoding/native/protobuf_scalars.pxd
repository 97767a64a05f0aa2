"""Writes scalars of Protobuf."""

from libc.stdint cimport int64_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_tables cimport Field, ProtobufTables
from workbench.decoding.native.value_reader cimport Bytes


cdef bint write_scalar(
    ProtobufTables tables, const Field* field, Bytes* value, int64_t stop, Sink* sink
) noexcept nogil
