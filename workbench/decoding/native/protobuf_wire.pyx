# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds the fields of a Protobuf message in its bytes: tags, lengths, groups."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memset

from workbench.buffers.slices cimport grown
from workbench.decoding.native.json_text cimport CUT_OFF, DEEP, FIELD_NUMBER, LARGE, NO_MEMORY, WIRE_TYPE, Sink, fail
from workbench.decoding.native.value_reader cimport Bytes


cdef int32_t next_entry(Bytes* value, Sink* sink, State* state) noexcept nogil:
    """Read a tag and step over what follows; returns the entry, -1 for a fault."""
    cdef uint64_t tag = 0, size = 0
    cdef int64_t at
    cdef int wire
    if not varint(value, sink, &tag):
        return -1
    wire = <int>(tag & 7)
    if tag >> 3 == 0 or tag >> 3 > 0x1FFFFFFF:
        fail(sink, FIELD_NUMBER)
        return -1
    if wire == 2:
        if not varint(value, sink, &size):
            return -1
        if size > <uint64_t>(value.stop - value.at):
            fail(sink, CUT_OFF)
            return -1
    at = value.at
    if wire == 2:
        value.at += <int64_t>size
    elif not _skip(value, sink, wire):
        return -1
    if wire == 3:
        # A group ends before the tag that closes it.
        size = <uint64_t>_group(value, sink, <uint32_t>(tag >> 3))
        if <int64_t>size < 0:
            return -1
        return add_entry(state, sink, at, <int64_t>size, <int32_t>(tag >> 3), 3)
    return add_entry(state, sink, at, value.at, <int32_t>(tag >> 3), wire)


cdef bint _skip(Bytes* value, Sink* sink, int wire) noexcept nogil:
    cdef uint64_t number = 0
    cdef int64_t size = 8 if wire == 1 else 4
    if wire == 0:
        return varint(value, sink, &number)
    if wire == 3:
        return True
    if wire == 1 or wire == 5:
        if size > value.stop - value.at:
            return fail(sink, CUT_OFF)
        value.at += size
        return True
    return fail(sink, WIRE_TYPE)


cdef int64_t _group(Bytes* value, Sink* sink, uint32_t number) noexcept nogil:
    """Step behind the end of a group; returns where its last field ends, -1 for a fault."""
    cdef uint32_t open[64]
    cdef int depth = 1
    cdef uint64_t tag = 0, size = 0
    cdef int64_t before
    open[0] = number
    while True:
        sink.steps -= 1
        if sink.steps < 0:
            fail(sink, LARGE)
            return -1
        before = value.at
        if not varint(value, sink, &tag):
            return -1
        if tag & 7 == 4:
            if open[depth - 1] != tag >> 3:
                fail(sink, WIRE_TYPE)
                return -1
            depth -= 1
            if depth == 0:
                return before
        elif tag & 7 == 3:
            if depth == 64:
                fail(sink, DEEP)
                return -1
            open[depth] = <uint32_t>(tag >> 3)
            depth += 1
        elif tag & 7 == 2:
            if not varint(value, sink, &size):
                return -1
            if size > <uint64_t>(value.stop - value.at):
                fail(sink, CUT_OFF)
                return -1
            value.at += <int64_t>size
        elif not _skip(value, sink, <int>(tag & 7)):
            return -1


cdef int32_t add_entry(State* state, Sink* sink, int64_t at, int64_t stop, int32_t number, int32_t wire) noexcept nogil:
    """Note a field; returns its entry, -1 where there is no memory."""
    cdef Entry* entries
    if state.count + 1 > state.room or state.entries == NULL:
        entries = <Entry*>grown(state.entries, &state.room, state.count + 1, sizeof(Entry))
        if entries == NULL:
            fail(sink, NO_MEMORY)
            return -1
        state.entries = entries
    state.entries[state.count] = Entry(at, stop, number, wire, -1)
    state.count += 1
    return <int32_t>(state.count - 1)


cdef bint make_ends(State* state, Sink* sink, int64_t count) noexcept nogil:
    """Make room for the first and last entry of so many more fields."""
    cdef int32_t* ends
    if state.end_count + count > state.end_room or state.ends == NULL:
        ends = <int32_t*>grown(state.ends, &state.end_room, state.end_count + count, sizeof(int32_t))
        if ends == NULL:
            return fail(sink, NO_MEMORY)
        state.ends = ends
    state.end_count += count
    return True


cdef bint is_message(const Bytes* value, Sink* sink) noexcept nogil:
    """Whether bytes can be read as fields to their end."""
    cdef Bytes part = value[0]
    cdef Sink own
    cdef State none
    memset(&own, 0, sizeof(Sink))
    memset(&none, 0, sizeof(State))
    own.steps = sink.steps
    while part.at < part.stop and own.fault == 0:
        own.steps -= 1
        if own.steps < 0:
            return False
        none.count = 0
        if next_entry(&part, &own, &none) < 0:
            break
    free(none.entries)
    sink.steps = own.steps
    return own.fault == 0
