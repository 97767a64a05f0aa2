# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Writes scalars of Protobuf: numbers in each of their forms, texts, bytes, enums by name."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from workbench.decoding.native.json_fractions cimport put_double, put_float
from workbench.decoding.native.json_numbers cimport put_int, put_uint
from workbench.decoding.native.json_text cimport CUT_OFF, Sink, fail, put, put_base64, put_text
from workbench.decoding.native.protobuf_tables cimport (
    T_BOOL,
    T_BYTES,
    T_DOUBLE,
    T_ENUM,
    T_FLOAT,
    T_INT32,
    T_SFIXED32,
    T_SFIXED64,
    T_SINT32,
    T_SINT64,
    T_STRING,
    T_UINT32,
    T_UINT64,
    Field,
    ProtobufTables,
    wb_wires,
)
from workbench.decoding.native.protobuf_wire cimport varint, zigzag
from workbench.decoding.native.value_reader cimport Bytes


cdef bint write_scalar(
    ProtobufTables tables, const Field* field, Bytes* value, int64_t stop, Sink* sink
) noexcept nogil:
    """Write one scalar, and step behind it."""
    cdef uint64_t number = 0
    cdef int64_t at = value.at
    cdef double wide
    cdef float narrow
    cdef Bytes part
    if field.type == T_STRING or field.type == T_BYTES:
        value.at = stop
        if field.type == T_STRING:
            return put_text(sink, value.data + at, stop - at)
        return put_base64(sink, value.data + at, stop - at)
    if wb_wires[field.type] == 0:
        part = value[0]
        part.stop = stop
        if not varint(&part, sink, &number):
            return False
        value.at = part.at
        return _integer(tables, field, number, sink)
    if stop - at < (8 if wb_wires[field.type] == 1 else 4):
        return fail(sink, CUT_OFF)
    if wb_wires[field.type] == 1:
        value.at += 8
        memcpy(&number, value.data + at, 8)
        if field.type == T_DOUBLE:
            memcpy(&wide, value.data + at, 8)
            return put_double(sink, wide)
        return put_int(sink, <int64_t>number) if field.type == T_SFIXED64 else put_uint(sink, number)
    value.at += 4
    memcpy(&number, value.data + at, 4)
    if field.type == T_FLOAT:
        memcpy(&narrow, value.data + at, 4)
        return put_float(sink, narrow)
    return put_int(sink, <int32_t>number) if field.type == T_SFIXED32 else put_uint(sink, number)


cdef bint _integer(ProtobufTables tables, const Field* field, uint64_t number, Sink* sink) noexcept nogil:
    if field.type == T_BOOL:
        return put(sink, b"true", 4) if number else put(sink, b"false", 5)
    if field.type == T_ENUM:
        return tables.write_symbol(field.child, <int32_t>number, sink)
    if field.type == T_UINT64:
        return put_uint(sink, number)
    if field.type == T_UINT32:
        return put_uint(sink, <uint32_t>number)
    if field.type == T_INT32:
        return put_int(sink, <int32_t>number)
    if field.type == T_SINT32:
        return put_int(sink, <int32_t>zigzag(<uint32_t>number))
    return put_int(sink, <int64_t>zigzag(number) if field.type == T_SINT64 else <int64_t>number)
