# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Writes Protobuf messages whose fields stand in the order of the schema, in one pass over their bytes.

So do those of nearly all serialisers. Whatever is odd is left to `ProtobufFields`, which looks at all fields of a message
before it writes the first one: fields in another order, twice, unknown or in groups, entries of maps without key or
value, and faults. What is written here is the same.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from workbench.decoding.native.json_digits cimport MOST_DIGITS, wb_write_digits
from workbench.decoding.native.json_fractions cimport put_double, put_float
from workbench.decoding.native.json_plain cimport copy_short, has_room, put_plain_text
from workbench.decoding.native.json_text cimport Sink, put_base64, put_byte
from workbench.decoding.native.protobuf_tables cimport (
    IS_MAP,
    IS_REPEATED,
    PLAIN,
    T_BOOL,
    T_BYTES,
    T_DOUBLE,
    T_ENUM,
    T_FIXED32,
    T_FIXED64,
    T_FLOAT,
    T_INT32,
    T_SFIXED32,
    T_SINT32,
    T_SINT64,
    T_STRING,
    T_UINT32,
    T_UINT64,
    Field,
    Message,
    ProtobufTables,
    wb_wires,
)
from workbench.decoding.native.protobuf_wire cimport State, zigzag
from workbench.decoding.native.value_reader cimport Bytes

cdef enum:
    _MOST_LEVELS = 64
    _PACKED = 2  # the wire type of what has a length
    _ONEOFS = 64  # that are remembered


cdef bint write_in_order(
    ProtobufTables tables, int32_t message, Bytes* value, int64_t stop, Sink* sink, State* state, int level
) noexcept nogil:
    """Write the message that begins at ``value.at``; false where that is not for here, whatever was written."""
    cdef const Message* shape = tables.messages + message
    cdef const Field* fields = tables.fields + shape.first
    cdef const Field* field = NULL
    cdef int32_t slot = -1, found
    cdef uint64_t tag = 0, oneofs = 0
    if level > _MOST_LEVELS or not put_byte(sink, c"{"):
        return False
    # Each member and item is written with a comma behind it; the bracket takes the place of the last one.
    while value.at < stop:
        if not _varint(value, stop, &tag):
            return False
        if field != NULL and tag == <uint32_t>field.tag:
            found = slot
        elif slot + 1 < shape.count and tag == <uint32_t>fields[slot + 1].tag:
            found = slot + 1
        elif tag >> 3 <= 0x1FFFFFFF:
            found = tables.slot_of(message, <int32_t>(tag >> 3), <int32_t>(tag & 7))
        else:
            return False
        if found > slot:
            if field != NULL and not _end_field(field, sink):
                return False
            if not _write_defaults(tables, fields, slot + 1, found, sink):
                return False
            slot, field = found, fields + found
            if field.oneof >= 0:
                if field.oneof >= _ONEOFS or oneofs >> field.oneof & 1:
                    return False
                oneofs |= <uint64_t>1 << field.oneof
            if not _put_text(tables, field.name, sink):
                return False
            if field.flags & IS_REPEATED and not put_byte(sink, c"{" if field.flags & IS_MAP else c"["):
                return False
        elif found < 0 or found < slot or not field.flags & IS_REPEATED:
            return False
        if field.flags & IS_MAP:
            if not _entry(tables, field, value, stop, sink, state, level):
                return False
        elif (tag & 7) == _PACKED and wb_wires[field.type] != _PACKED:
            if not _packed(tables, field, value, stop, sink, state, level):
                return False
        elif not _value(tables, field, value, stop, sink, state, level):
            return False
    if field != NULL and not _end_field(field, sink):
        return False
    return _write_defaults(tables, fields, slot + 1, shape.count, sink) and _close(sink, c"}")


cdef inline bint _end_field(const Field* field, Sink* sink) noexcept nogil:
    """End the list or map of a field before the next one."""
    if not field.flags & IS_REPEATED:
        return True
    return _close(sink, c"}" if field.flags & IS_MAP else c"]") and put_byte(sink, c",")


cdef inline bint _close(Sink* sink, uint8_t bracket) noexcept nogil:
    if sink.data[sink.size - 1] == c",":
        sink.data[sink.size - 1] = bracket
        return True
    return put_byte(sink, bracket)


cdef inline bint _write_defaults(
    ProtobufTables tables, const Field* fields, int32_t slot, int32_t stop, Sink* sink
) noexcept nogil:
    """Write the fields that are not there and have a default."""
    for slot in range(slot, stop):
        if fields[slot].default >= 0:
            if not (_put_text(tables, fields[slot].name, sink) and _put_text(tables, fields[slot].default, sink)):
                return False
            if not put_byte(sink, c","):
                return False
    return True


cdef inline bint _put_text(ProtobufTables tables, int32_t text, Sink* sink) noexcept nogil:
    cdef int64_t size = tables.ends[text + 1] - tables.ends[text]
    if not has_room(sink, size):
        return False
    copy_short(sink.data + sink.size, tables.text + tables.ends[text], size)
    sink.size += size
    return True


cdef bint _packed(
    ProtobufTables tables, const Field* field, Bytes* value, int64_t stop, Sink* sink, State* state, int level
) noexcept nogil:
    """Write numbers that stand packed in one field."""
    cdef uint64_t size = 0
    if not _size(value, stop, &size):
        return False
    stop = value.at + <int64_t>size
    while value.at < stop:
        if not _value(tables, field, value, stop, sink, state, level):
            return False
    return True


cdef bint _entry(
    ProtobufTables tables, const Field* field, Bytes* value, int64_t stop, Sink* sink, State* state, int level
) noexcept nogil:
    """Write an entry of a map: a message with a key and a value."""
    cdef const Field* key = tables.fields + tables.messages[field.child].first
    cdef const Field* item = key + 1
    cdef uint64_t size = 0, tag = 0
    cdef bint quoted = key.type != T_STRING
    if not _size(value, stop, &size):
        return False
    stop = value.at + <int64_t>size
    if not _varint(value, stop, &tag) or tag != <uint32_t>key.tag:
        return False
    if quoted and not put_byte(sink, c'"'):
        return False
    if not _value(tables, key, value, stop, sink, state, level):
        return False
    # Over the comma behind the key.
    sink.size -= 1
    if quoted and not put_byte(sink, c'"'):
        return False
    if not put_byte(sink, c":") or not _varint(value, stop, &tag) or tag != <uint32_t>item.tag:
        return False
    return _value(tables, item, value, stop, sink, state, level) and value.at == stop


cdef inline bint _value(
    ProtobufTables tables, const Field* field, Bytes* value, int64_t stop, Sink* sink, State* state, int level
) noexcept nogil:
    """Write one value and a comma behind it."""
    cdef uint64_t number = 0
    cdef int wire = wb_wires[field.type]
    cdef int64_t at
    cdef double wide
    cdef float narrow
    if wire == 0:
        if not _varint(value, stop, &number) or not _integer(tables, field, number, sink):
            return False
    elif wire == _PACKED:
        if not _size(value, stop, &number):
            return False
        at = value.at
        value.at += <int64_t>number
        if field.type == T_STRING:
            if not put_plain_text(sink, value.data + at, <int64_t>number, value.stop - at):
                return False
        elif field.type == T_BYTES:
            if not put_base64(sink, value.data + at, <int64_t>number):
                return False
        elif tables.messages[field.child].kind == PLAIN:
            value.at = at
            if not write_in_order(tables, field.child, value, at + <int64_t>number, sink, state, level + 1):
                return False
        else:
            if not tables.write_range(field.child, value, at, at + <int64_t>number, sink, state, level + 1):
                return False
            value.at = at + <int64_t>number
    elif wire == 1 and stop - value.at >= 8:
        memcpy(&number, value.data + value.at, 8)
        value.at += 8
        if field.type == T_DOUBLE:
            memcpy(&wide, &number, 8)
            if not put_double(sink, wide):
                return False
        elif not _integer(tables, field, number, sink):
            return False
    elif wire == 5 and stop - value.at >= 4:
        memcpy(&number, value.data + value.at, 4)
        value.at += 4
        if field.type == T_FLOAT:
            memcpy(&narrow, &number, 4)
            if not put_float(sink, narrow):
                return False
        elif not _integer(tables, field, number, sink):
            return False
    else:
        return False
    return put_byte(sink, c",")


cdef inline bint _integer(ProtobufTables tables, const Field* field, uint64_t number, Sink* sink) noexcept nogil:
    cdef int64_t signed
    cdef uint8_t* out
    if field.type == T_ENUM:
        return tables.write_symbol(field.child, <int32_t>number, sink)
    if not has_room(sink, MOST_DIGITS + 1):
        return False
    out = sink.data + sink.size
    if field.type == T_BOOL:
        if number:
            memcpy(out, b"true", 4)
        else:
            memcpy(out, b"false", 5)
        sink.size += 4 if number else 5
        return True
    if field.type == T_UINT64 or field.type == T_FIXED64:
        sink.size += wb_write_digits(out, number)
        return True
    if field.type == T_UINT32 or field.type == T_FIXED32:
        sink.size += wb_write_digits(out, <uint32_t>number)
        return True
    if field.type == T_INT32 or field.type == T_SFIXED32:
        signed = <int32_t>number
    elif field.type == T_SINT32:
        signed = <int32_t>zigzag(<uint32_t>number)
    else:
        signed = <int64_t>(zigzag(number) if field.type == T_SINT64 else number)
    if signed < 0:
        out[0] = c"-"
        sink.size += 1 + wb_write_digits(out + 1, 0 - <uint64_t>signed)
    else:
        sink.size += wb_write_digits(out, <uint64_t>signed)
    return True


cdef inline bint _varint(Bytes* value, int64_t stop, uint64_t* number) noexcept nogil:
    """Read an integer of variable length; its last byte is the first one below 0x80."""
    cdef uint64_t bits = 0
    cdef int shift = 0
    cdef uint8_t byte
    while value.at < stop and shift < 70:
        byte = value.data[value.at]
        value.at += 1
        if shift < 64:
            bits |= <uint64_t>(byte & 0x7F) << shift
        if byte < 0x80:
            number[0] = bits
            return True
        shift += 7
    return False


cdef inline bint _size(Bytes* value, int64_t stop, uint64_t* size) noexcept nogil:
    """Read a length, and check that so many bytes follow."""
    return _varint(value, stop, size) and size[0] <= <uint64_t>(stop - value.at)
