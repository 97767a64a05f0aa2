# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads Protobuf's wire format to JSON text by tables of descriptors (`workbench.decoding.formats.protobuf.program`).

Fields have the names of the ``.proto`` file and come in its order, those without presence with their default; enums are
written by name, 64-bit integers as numbers, well-known types as Protobuf's JSON mapping says. Fields that the schema
has not are kept below ``@unknown``, by number. Without a schema every field is written so.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memset

from workbench.decoding.native.json_text cimport DEEP, NO_MESSAGE, WELL, Sink, fail, put_byte
from workbench.decoding.native.protobuf_fields cimport ProtobufFields
from workbench.decoding.native.protobuf_in_order cimport write_in_order
from workbench.decoding.native.protobuf_tables cimport PLAIN
from workbench.decoding.native.protobuf_unknown cimport write_wire_tree
from workbench.decoding.native.protobuf_well_known cimport write_well_known
from workbench.decoding.native.protobuf_wire cimport State, add_entry, make_ends, varint, zigzag
from workbench.decoding.native.value_reader cimport MOST_LEVELS, Bytes

cdef enum:
    _FRAME_WITH_INDEX = 5  # bytes of the frame behind which a message index stands


cdef class ProtobufReader(ProtobufFields):
    """Reads messages of one file; see `ProtobufTables` for its arguments."""

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        cdef State state
        cdef int32_t chosen = self.root
        cdef bint good
        if value.frame == _FRAME_WITH_INDEX:
            chosen = self._indexed(value, sink)
            if chosen < -1:
                return False
        memset(&state, 0, sizeof(State))
        good = self._in_order(chosen, value, sink, &state) or self.write_range(
            chosen, value, value.at, value.stop, sink, &state, 0
        )
        if good:
            value.at = value.stop
        free(state.entries)
        free(state.ends)
        return good

    cdef bint _in_order(self, int32_t message, Bytes* value, Sink* sink, State* state) noexcept nogil:
        """Write the whole value in one pass, if it can be."""
        cdef int64_t at = value.at, size = sink.size, steps = sink.steps
        if message >= 0 and self.messages[message].kind == PLAIN:
            if write_in_order(self, message, value, value.stop, sink, state, 0):
                return True
            value.at, sink.size, sink.steps, sink.fault = at, size, steps, WELL
            state.count = state.end_count = 0
        return False

    cdef int32_t _indexed(self, Bytes* value, Sink* sink) noexcept nogil:
        """Read the message index: how many steps, then which message at each; below -1 for a fault."""
        cdef uint64_t count = 0, step = 0, at
        cdef int32_t first = self.roots, among = self.root_count, chosen = -2
        if not varint(value, sink, &count):
            return -2
        count = zigzag(count)
        if self.root < 0 and self.message_count == 0:
            # Without a schema the index is stepped over.
            for at in range(min(count, <uint64_t>(value.stop - value.at))):
                if not varint(value, sink, &step):
                    return -2
            return -1
        for at in range(max(count, 1)):
            step = 0
            if count and not varint(value, sink, &step):
                return -2
            step = zigzag(step)
            if step >= <uint64_t>among:
                fail(sink, NO_MESSAGE)
                return -2
            chosen = self.numbers[first + <int32_t>step]
            first, among = self.messages[chosen].nested, self.messages[chosen].nested_count
        return chosen

    cdef bint write_range(
        self, int32_t message, Bytes* value, int64_t at, int64_t stop, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write the message that stands between two places."""
        cdef int64_t before = state.count
        cdef int32_t entry = add_entry(state, sink, at, stop, 0, 2)
        if entry < 0 or not self.write_message(message, entry, value, sink, state, level):
            return False
        state.count = before
        return True

    cdef bint write_message(
        self, int32_t message, int32_t chain, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write a message whose bytes are those of a chain of entries, one after the other."""
        cdef int64_t entries = state.count, ends = state.end_count
        cdef int32_t count = self.messages[message].count if message >= 0 else 0
        cdef int64_t slot
        cdef bint good
        if level > MOST_LEVELS:
            return fail(sink, DEEP)
        if not make_ends(state, sink, 2 * (count + 1)):
            return False
        for slot in range(ends, state.end_count):
            state.ends[slot] = -1
        while chain >= 0:
            value.at = state.entries[chain].at
            if not self.find(message, value, state.entries[chain].stop, sink, state, ends):
                return False
            chain = state.entries[chain].next
        if message < 0:
            good = write_wire_tree(self, state.ends[ends], value, sink, state, level)
        elif self.messages[message].kind == PLAIN:
            good = (
                put_byte(sink, c"{")
                and self.write_members(message, value, sink, state, ends, level, False)
                and put_byte(sink, c"}")
            )
        else:
            good = write_well_known(self, message, value, sink, state, ends, level)
        state.count, state.end_count = entries, ends
        return good
