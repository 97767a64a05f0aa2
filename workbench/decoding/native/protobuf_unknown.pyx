# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Writes Protobuf fields that no schema has: by their numbers, with what their bytes say."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

from workbench.buffers.utf8 cimport is_utf8
from workbench.decoding.native.json_numbers cimport put_int, put_uint
from workbench.decoding.native.json_text cimport LARGE, Sink, fail, put, put_base64, put_byte, put_text
from workbench.decoding.native.protobuf_tables cimport ProtobufTables
from workbench.decoding.native.protobuf_wire cimport State, is_message, varint
from workbench.decoding.native.value_reader cimport Bytes

cdef enum:
    _MOST_GUESSES = 16  # levels of messages that are guessed in bytes without a schema


cdef bint write_wire_tree(
    ProtobufTables tables, int32_t entry, Bytes* value, Sink* sink, State* state, int level
) noexcept nogil:
    """Write a chain of fields by their numbers; a number that is repeated becomes a list."""
    cdef int32_t first = entry, other, number
    cdef bint any_before = False, several
    if not put_byte(sink, c"{"):
        return False
    while entry >= 0:
        number = state.entries[entry].number
        if number > 0:
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not (put_byte(sink, c'"') and put_int(sink, number) and put(sink, b'":', 2)):
                return False
            several = _next_of(state, sink, entry, number) >= 0
            if several and not put_byte(sink, c"["):
                return False
            other = entry
            while other >= 0:
                if other != entry and not put_byte(sink, c","):
                    return False
                if not _guess(tables, other, value, sink, state, level):
                    return False
                if other != entry:
                    # It is written; the outer loop passes it over.
                    state.entries[other].number = 0
                other = _next_of(state, sink, other, number) if several else -1
            if sink.steps < 0:
                return fail(sink, LARGE)
            if several and not put_byte(sink, c"]"):
                return False
        entry = state.entries[entry].next
    return put_byte(sink, c"}")


cdef bint _guess(
    ProtobufTables tables, int32_t entry, Bytes* value, Sink* sink, State* state, int level
) noexcept nogil:
    """Write a field without a schema: numbers as they are, bytes as text, else as a message, else as base64."""
    cdef int64_t at = state.entries[entry].at, stop = state.entries[entry].stop
    cdef int wire = state.entries[entry].wire
    cdef uint64_t number = 0
    cdef Bytes part = value[0]
    part.at, part.stop = at, stop
    if wire == 0:
        return varint(&part, sink, &number) and put_uint(sink, number)
    if wire == 1 or wire == 5:
        memcpy(&number, value.data + at, 8 if wire == 1 else 4)
        return put_uint(sink, number)
    if wire == 2 and _is_text(value.data, at, stop):
        return put_text(sink, value.data + at, stop - at)
    if wire == 3 or (level < _MOST_GUESSES and is_message(&part, sink)):
        return tables.write_range(-1, value, at, stop, sink, state, level + 1)
    return put_base64(sink, value.data + at, stop - at)


cdef int32_t _next_of(State* state, Sink* sink, int32_t entry, int32_t number) noexcept nogil:
    """Return the next entry of a number behind another; -1 where there is none, and where looking takes too long."""
    entry = state.entries[entry].next
    while entry >= 0 and sink.steps >= 0:
        if state.entries[entry].number == number:
            return entry
        sink.steps -= 1
        entry = state.entries[entry].next
    return -1


cdef bint _is_text(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    cdef int64_t place
    for place in range(at, stop):
        if data[place] < 0x20 and data[place] not in (9, 10, 13):
            return False
    return is_utf8(data, at, stop)
