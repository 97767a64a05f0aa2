# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Writes Protobuf's well-known types as its JSON mapping says."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from workbench.decoding.native.json_numbers cimport put_uint
from workbench.decoding.native.json_text cimport DEEP, Sink, fail, put, put_base64, put_byte, put_part, put_text
from workbench.decoding.native.json_times cimport put_timestamp
from workbench.decoding.native.protobuf_fields cimport ProtobufFields
from workbench.decoding.native.protobuf_tables cimport (
    ANY,
    DURATION,
    FIELD_MASK,
    PLAIN,
    TIMESTAMP,
    T_ENUM,
    VALUE,
    Field,
    field_of,
)
from workbench.decoding.native.protobuf_wire cimport State, make_ends, varint
from workbench.decoding.native.value_reader cimport MOST_LEVELS, Bytes


cdef bint write_well_known(
    ProtobufFields reader, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level
) noexcept nogil:
    cdef int kind = reader.messages[message].kind
    cdef int32_t slot
    cdef const Field* field
    if kind == TIMESTAMP or kind == DURATION:
        return _time(reader, message, value, sink, state, ends)
    if kind == ANY:
        return _any(reader, message, value, sink, state, ends, level)
    if kind == FIELD_MASK:
        return _mask(reader, state.ends[ends], value, sink, state)
    for slot in range(reader.messages[message].count):
        if state.ends[ends + 2 * slot] >= 0:
            field = field_of(reader, message, slot)
            if kind == VALUE and field.type == T_ENUM:
                return put(sink, b"null", 4)
            return reader.write_content(
                field, state.ends[ends + 2 * slot], state.ends[ends + 2 * slot + 1], value, sink, state, level
            )
    if kind == VALUE:
        return put(sink, b"null", 4)
    return reader.write(sink, field_of(reader, message, 0).default)


cdef bint _time(
    ProtobufFields reader, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends
) noexcept nogil:
    """Write seconds and nanoseconds as a time, or as ``1.5s``."""
    cdef uint64_t parts[2]
    cdef int slot, digits
    cdef int64_t seconds, nanoseconds, before = sink.size
    cdef uint8_t text[12]
    for slot in range(2):
        parts[slot] = 0
        if state.ends[ends + 2 * slot] >= 0:
            value.at = state.entries[state.ends[ends + 2 * slot + 1]].at
            if not varint(value, sink, parts + slot):
                return False
    seconds, nanoseconds = <int64_t>parts[0], <int32_t>parts[1]
    if reader.messages[message].kind == DURATION:
        if not put_byte(sink, c'"') or ((seconds < 0 or nanoseconds < 0) and not put_byte(sink, c"-")):
            return False
        if not put_uint(sink, 0 - <uint64_t>seconds if seconds < 0 else <uint64_t>seconds):
            return False
        nanoseconds = -nanoseconds if nanoseconds < 0 else nanoseconds
    else:
        if not put_timestamp(sink, seconds, 0, False):
            return False
        if sink.data[before] != c'"' or not 0 <= nanoseconds < 1000000000:
            return True
        sink.size -= 1
    digits = 0 if nanoseconds == 0 else 3 if nanoseconds % 1000000 == 0 else 6 if nanoseconds % 1000 == 0 else 9
    text[0] = c"."
    for slot in range(9, 0, -1):
        text[slot] = <uint8_t>(c"0" + nanoseconds % 10)
        nanoseconds //= 10
    if digits and not put(sink, text, digits + 1):
        return False
    return put(sink, b's"' if reader.messages[message].kind == DURATION else b'Z"', 2)


cdef bint _any(
    ProtobufFields reader, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level
) noexcept nogil:
    """Write a message of any type: by its schema where that is known, else as base64."""
    cdef int32_t url = state.ends[ends + 1] if state.ends[ends] >= 0 else -1
    cdef int32_t body = state.ends[ends + 3] if state.ends[ends + 2] >= 0 else -1
    cdef int64_t at = state.entries[url].at if url >= 0 else 0, stop = state.entries[url].stop if url >= 0 else 0
    cdef int64_t from_ = state.entries[body].at if body >= 0 else 0
    cdef int64_t to = state.entries[body].stop if body >= 0 else 0
    cdef int32_t known = reader.named(value.data + at, stop - at) if url >= 0 else -1
    cdef bint good
    if not put(sink, b'{"@type":', 9) or not put_text(sink, value.data + at, stop - at):
        return False
    if known < 0 or reader.messages[known].kind != PLAIN:
        if not put(sink, b',"value":', 9):
            return False
        good = put_base64(sink, value.data + from_, to - from_) if known < 0 else reader.write_range(
            known, value, from_, to, sink, state, level + 1
        )
        return good and put_byte(sink, c"}")
    return _embedded(reader, known, from_, to, value, sink, state, level + 1) and put_byte(sink, c"}")


cdef bint _embedded(
    ProtobufFields reader, int32_t message, int64_t at, int64_t stop, Bytes* value, Sink* sink, State* state, int level
) noexcept nogil:
    """Write the members of a message behind the type that names it."""
    cdef int64_t entries = state.count, ends = state.end_count, slot
    if level > MOST_LEVELS:
        return fail(sink, DEEP)
    if not make_ends(state, sink, 2 * (reader.messages[message].count + 1)):
        return False
    for slot in range(ends, state.end_count):
        state.ends[slot] = -1
    value.at = at
    if not reader.find(message, value, stop, sink, state, ends):
        return False
    if not reader.write_members(message, value, sink, state, ends, level, True):
        return False
    state.count, state.end_count = entries, ends
    return True


cdef bint _mask(
    ProtobufFields reader, int32_t entry, Bytes* value, Sink* sink, State* state
) noexcept nogil:
    cdef bint any_before = False
    cdef int64_t at
    if not put_byte(sink, c'"'):
        return False
    while entry >= 0:
        if any_before and not put_byte(sink, c","):
            return False
        any_before = True
        at = state.entries[entry].at
        if not put_part(sink, value.data + at, state.entries[entry].stop - at):
            return False
        entry = state.entries[entry].next
    return put_byte(sink, c'"')
