# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds the fields of a Protobuf message and writes them: lists, maps, messages inside, defaults."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from workbench.decoding.native.json_text cimport LARGE, Sink, fail, put, put_byte
from workbench.decoding.native.protobuf_scalars cimport write_scalar
from workbench.decoding.native.protobuf_tables cimport (
    IS_MAP,
    IS_REPEATED,
    T_GROUP,
    T_MESSAGE,
    T_STRING,
    Field,
    ProtobufTables,
    field_of,
    wb_wires,
)
from workbench.decoding.native.protobuf_unknown cimport write_wire_tree
from workbench.decoding.native.protobuf_wire cimport State, make_ends, next_entry
from workbench.decoding.native.value_reader cimport Bytes


cdef class ProtobufFields(ProtobufTables):
    """Writes the fields of messages; see `ProtobufTables` for its arguments."""

    cdef bint find(
        self, int32_t message, Bytes* value, int64_t stop, Sink* sink, State* state, int64_t ends
    ) noexcept nogil:
        """Chain the fields of a message up to a place: each to its slot, unknown ones to the last slot."""
        cdef int32_t count = self.messages[message].count if message >= 0 else 0
        cdef int32_t slot, entry
        cdef uint64_t tag = 0
        cdef Bytes part = value[0]
        part.stop = stop
        while part.at < stop:
            sink.steps -= 1
            if sink.steps < 0:
                return fail(sink, LARGE)
            entry = next_entry(&part, sink, state)
            value.at = part.at
            if entry < 0:
                return False
            slot = self.slot_of(message, state.entries[entry].number, state.entries[entry].wire) if message >= 0 else -1
            if slot < 0:
                slot = count
            elif field_of(self, message, slot).oneof >= 0:
                self._clear_others(message, slot, state, ends)
            if state.ends[ends + 2 * slot] < 0:
                state.ends[ends + 2 * slot] = entry
            else:
                state.entries[state.ends[ends + 2 * slot + 1]].next = entry
            state.ends[ends + 2 * slot + 1] = entry
        return True

    cdef void _clear_others(self, int32_t message, int32_t slot, State* state, int64_t ends) noexcept nogil:
        """Of the members of a oneof the last one on the wire counts."""
        cdef int32_t other
        for other in range(self.messages[message].count):
            if other != slot and field_of(self, message, other).oneof == field_of(self, message, slot).oneof:
                state.ends[ends + 2 * other] = -1

    cdef bint write_members(
        self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level, bint any_before
    ) noexcept nogil:
        cdef int32_t slot, entry
        cdef const Field* field
        for slot in range(self.messages[message].count):
            field = field_of(self, message, slot)
            entry = state.ends[ends + 2 * slot]
            if entry < 0 and field.default < 0:
                continue
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not self.write(sink, field.name):
                return False
            if entry < 0:
                if not self.write(sink, field.default):
                    return False
            elif not self.write_content(field, entry, state.ends[ends + 2 * slot + 1], value, sink, state, level):
                return False
        entry = state.ends[ends + 2 * self.messages[message].count]
        if entry < 0:
            return True
        if any_before and not put_byte(sink, c","):
            return False
        return put(sink, b'"@unknown":', 11) and write_wire_tree(self, entry, value, sink, state, level)

    cdef bint write_content(
        self, const Field* field, int32_t entry, int32_t last, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write all that stands in a field."""
        if field.flags & IS_MAP:
            return self._map(field, entry, value, sink, state, level + 1)
        if field.flags & IS_REPEATED:
            return self._list(field, entry, value, sink, state, level)
        if field.type == T_MESSAGE or field.type == T_GROUP:
            return self.write_message(field.child, entry, value, sink, state, level + 1)
        value.at = state.entries[last].at
        return write_scalar(self, field, value, state.entries[last].stop, sink)

    cdef bint _list(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        cdef bint any_before = False
        cdef int64_t stop
        if not put_byte(sink, c"["):
            return False
        while entry >= 0:
            value.at, stop = state.entries[entry].at, state.entries[entry].stop
            if field.type == T_MESSAGE or field.type == T_GROUP:
                if any_before and not put_byte(sink, c","):
                    return False
                any_before = True
                if not self.write_range(field.child, value, value.at, stop, sink, state, level + 1):
                    return False
            elif state.entries[entry].wire == 2 and wb_wires[field.type] != 2:
                while value.at < stop:
                    if any_before and not put_byte(sink, c","):
                        return False
                    any_before = True
                    if not write_scalar(self, field, value, stop, sink):
                        return False
            else:
                if any_before and not put_byte(sink, c","):
                    return False
                any_before = True
                if not write_scalar(self, field, value, stop, sink):
                    return False
            entry = state.entries[entry].next
        return put_byte(sink, c"]")

    cdef bint _map(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write a map: the entries are messages with a key and a value."""
        cdef bint any_before = False, good
        cdef int64_t count = state.count, ends = state.end_count
        cdef const Field* key = field_of(self, field.child, 0)
        cdef const Field* item = field_of(self, field.child, 1)
        cdef int64_t slot
        if not put_byte(sink, c"{"):
            return False
        while entry >= 0:
            if not make_ends(state, sink, 6):
                return False
            for slot in range(ends, ends + 6):
                state.ends[slot] = -1
            value.at = state.entries[entry].at
            if not self.find(field.child, value, state.entries[entry].stop, sink, state, ends):
                return False
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not self._key(key, state.ends[ends + 1], value, sink, state):
                return False
            if state.ends[ends + 2] < 0:
                good = self.write(sink, item.default) if item.default >= 0 else put(sink, b"{}", 2)
            else:
                good = self.write_content(item, state.ends[ends + 2], state.ends[ends + 3], value, sink, state, level)
            if not good:
                return False
            state.count, state.end_count = count, ends
            entry = state.entries[entry].next
        return put_byte(sink, c"}")

    cdef bint _key(self, const Field* key, int32_t entry, Bytes* value, Sink* sink, State* state) noexcept nogil:
        cdef bint quoted = key.type != T_STRING
        if quoted and not put_byte(sink, c'"'):
            return False
        if entry < 0:
            if not self.write(sink, key.default):
                return False
        else:
            value.at = state.entries[entry].at
            if not write_scalar(self, key, value, state.entries[entry].stop, sink):
                return False
        return put(sink, b'":', 2) if quoted else put_byte(sink, c":")
