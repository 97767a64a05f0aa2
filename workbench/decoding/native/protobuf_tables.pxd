"""Tables of the messages and fields of one Protobuf file."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.decoding.native.json_text cimport Sink
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes, ValueReader

# What a message is; all but the first are written in a way of their own.
cdef enum Kind:
    PLAIN = 0
    TIMESTAMP
    DURATION
    WRAPPER
    STRUCT
    VALUE
    LIST_VALUE
    ANY
    FIELD_MASK

cdef enum:
    IS_REPEATED = 1  # flags of a field
    IS_MAP = 2
    IS_PRESENCE = 4

# Types of fields, as numbered by descriptor.proto.
cdef enum:
    T_DOUBLE = 1
    T_FLOAT = 2
    T_INT64 = 3
    T_UINT64 = 4
    T_INT32 = 5
    T_FIXED64 = 6
    T_FIXED32 = 7
    T_BOOL = 8
    T_STRING = 9
    T_GROUP = 10
    T_MESSAGE = 11
    T_BYTES = 12
    T_UINT32 = 13
    T_ENUM = 14
    T_SFIXED32 = 15
    T_SFIXED64 = 16
    T_SINT32 = 17
    T_SINT64 = 18

# Wire types of the types of fields.
cdef extern from *:
    """
    static const signed char wb_wires[] = {-1, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0};
    """
    const signed char* wb_wires


cdef struct Message:
    int32_t kind, first, count, name, nested, nested_count


cdef struct Field:
    int32_t number, type, flags, name, child, default, oneof
    int32_t tag  # before a value of it; 0 where none has it


cdef class ProtobufTables(ValueReader):
    cdef Message* messages
    cdef Field* fields
    cdef int32_t* numbers
    cdef int32_t* ends
    cdef int32_t message_count, roots, root_count, root
    cdef bytes texts
    cdef const uint8_t* text  # as many bytes as a slack may be read behind them

    cdef bint write(self, Sink* sink, int32_t text) noexcept nogil
    cdef int32_t slot_of(self, int32_t message, int32_t number, int32_t wire) noexcept nogil
    cdef int32_t named(self, const uint8_t* url, int64_t size) noexcept nogil
    cdef bint write_symbol(self, int32_t enum, int32_t number, Sink* sink) noexcept nogil
    cdef bint write_range(
        self, int32_t message, Bytes* value, int64_t at, int64_t stop, Sink* sink, State* state, int level
    ) noexcept nogil
    cdef bint write_message(
        self, int32_t message, int32_t chain, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil


cdef inline const Field* field_of(ProtobufTables tables, int32_t message, int32_t slot) noexcept nogil:
    return tables.fields + tables.messages[message].first + slot
