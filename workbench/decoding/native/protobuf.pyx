# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads Protobuf's wire format to JSON text by tables of descriptors (`workbench.decoding.formats.protobuf.program`).

Fields have the names of the ``.proto`` file and come in its order, those without presence with their default; enums are
written by name, 64-bit integers as numbers, well-known types as Protobuf's JSON mapping says. Fields that the schema has
not are kept below ``@unknown``, by number. Without a schema every field is written so.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

from workbench.buffers.slices cimport grown
from workbench.buffers.utf8 cimport is_utf8
from workbench.decoding.native.json_text cimport (
    CUT_OFF,
    DEEP,
    FIELD_NUMBER,
    LARGE,
    LONG_NUMBER,
    MOST_LEVELS,
    NO_MEMORY,
    NO_MESSAGE,
    WIRE_TYPE,
    Bytes,
    Sink,
    ValueReader,
    fail,
    put,
    put_base64,
    put_byte,
    put_double,
    put_float,
    put_int,
    put_part,
    put_text,
    put_timestamp,
    put_uint,
)

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

KINDS = {
    "": PLAIN,
    "Timestamp": TIMESTAMP,
    "Duration": DURATION,
    "Struct": STRUCT,
    "Value": VALUE,
    "ListValue": LIST_VALUE,
    "Any": ANY,
    "FieldMask": FIELD_MASK,
    "wrapper": WRAPPER,
}

cdef enum:
    _REPEATED = 1  # flags of a field
    _MAP = 2
    _PRESENCE = 4
    _FRAME_WITH_INDEX = 5  # bytes of the frame behind which a message index stands
    _MOST_GUESSES = 16  # levels of messages that are guessed in bytes without a schema

REPEATED, MAP, PRESENCE = _REPEATED, _MAP, _PRESENCE

# Types of fields, as numbered by descriptor.proto.
cdef enum:
    _DOUBLE = 1
    _FLOAT = 2
    _INT64 = 3
    _UINT64 = 4
    _INT32 = 5
    _FIXED64 = 6
    _FIXED32 = 7
    _BOOL = 8
    _STRING = 9
    _GROUP = 10
    _MESSAGE = 11
    _BYTES = 12
    _UINT32 = 13
    _ENUM = 14
    _SFIXED32 = 15
    _SFIXED64 = 16
    _SINT32 = 17
    _SINT64 = 18

# Wire types of the types of fields.
cdef int* _WIRES = [-1, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0]


cdef struct Message:
    int32_t kind, first, count, name, nested, nested_count


cdef struct Field:
    int32_t number, type, flags, name, child, default, oneof


cdef struct Entry:  # a field as it stands in the bytes
    int64_t at, stop
    int32_t number, wire, next


cdef struct State:
    Entry* entries
    int64_t count, room
    int32_t* ends  # first and last entry of each field of the messages that are being read, and of unknown ones
    int64_t end_count, end_room


cdef class ProtobufReader(ValueReader):
    """Reads messages of one file.

    Args:
        messages: Kind, first field, fields, text of the full name, and where in ``numbers`` nested messages are (int32).
        fields: Number, type, flags, text of the name with its colon, message or place of the enum, text of the default or
            -1, and number of the oneof or -1 (int32); those of a message are sorted by number.
        numbers: Messages that are nested, and enums: how many values, then number and text of each, sorted (int32).
        ends: Where each text ends in ``texts``; a zero before them (int32).
        texts: Texts of JSON.
        roots: Place and count of the messages that a message index counts from.
        root: The message of values without an index; -1 for the wire format itself.
    """

    cdef Message* _messages
    cdef Field* _fields
    cdef int32_t* _numbers
    cdef int32_t* _ends
    cdef int32_t _message_count, _roots, _root_count, _root
    cdef bytes _texts
    cdef const uint8_t* _text

    def __cinit__(self):
        self._messages = NULL
        self._fields = NULL
        self._numbers = self._ends = NULL

    def __init__(self, messages, fields, numbers, ends, bytes texts, roots, int32_t root):
        self._messages = <Message*>_copied(messages)
        self._fields = <Field*>_copied(fields)
        self._numbers = <int32_t*>_copied(numbers)
        self._ends = <int32_t*>_copied(ends)
        self._message_count = len(messages)
        self._roots, self._root_count = roots
        self._root = root
        self._texts = texts
        self._text = <const uint8_t*><const char*>texts
        self.room = min(<int64_t>len(texts), 1 << 16)

    def __dealloc__(self):
        free(self._messages)
        free(self._fields)
        free(self._numbers)
        free(self._ends)

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        cdef State state
        cdef int32_t chosen = self._root
        cdef bint good
        if value.frame == _FRAME_WITH_INDEX:
            chosen = self._indexed(value, sink)
            if chosen < -1:
                return False
        memset(&state, 0, sizeof(State))
        good = self._range(chosen, value, value.at, value.stop, sink, &state, 0)
        if good:
            value.at = value.stop
        free(state.entries)
        free(state.ends)
        return good

    cdef int32_t _indexed(self, Bytes* value, Sink* sink) noexcept nogil:
        """Read the message index: how many steps, then which message at each; below -1 for a fault."""
        cdef uint64_t count = 0, step = 0, at
        cdef int32_t first = self._roots, among = self._root_count, chosen = -2
        if not _varint(value, sink, &count):
            return -2
        count = _zigzag(count)
        if self._root < 0 and self._message_count == 0:
            # Without a schema the index is stepped over.
            for at in range(min(count, <uint64_t>(value.stop - value.at))):
                if not _varint(value, sink, &step):
                    return -2
            return -1
        for at in range(max(count, 1)):
            step = 0
            if count and not _varint(value, sink, &step):
                return -2
            step = _zigzag(step)
            if step >= <uint64_t>among:
                fail(sink, NO_MESSAGE)
                return -2
            chosen = self._numbers[first + <int32_t>step]
            first, among = self._messages[chosen].nested, self._messages[chosen].nested_count
        return chosen

    cdef bint _put(self, Sink* sink, int32_t text) noexcept nogil:
        return put(sink, self._text + self._ends[text], self._ends[text + 1] - self._ends[text])

    # Finding the fields of a message in its bytes.

    cdef bint _range(
        self, int32_t message, Bytes* value, int64_t at, int64_t stop, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write the message that stands between two places."""
        cdef int64_t before = state.count
        cdef int32_t entry = _add(state, sink, at, stop, 0, 2)
        if entry < 0 or not self._message(message, entry, value, sink, state, level):
            return False
        state.count = before
        return True

    cdef bint _message(
        self, int32_t message, int32_t chain, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write a message whose bytes are those of a chain of entries, one after the other."""
        cdef int64_t entries = state.count, ends = state.end_count
        cdef int32_t count = self._messages[message].count if message >= 0 else 0
        cdef int64_t slot
        cdef bint good
        if level > MOST_LEVELS:
            return fail(sink, DEEP)
        if not _ends_for(state, sink, 2 * (count + 1)):
            return False
        for slot in range(ends, state.end_count):
            state.ends[slot] = -1
        while chain >= 0:
            value.at = state.entries[chain].at
            if not self._find(message, value, state.entries[chain].stop, sink, state, ends):
                return False
            chain = state.entries[chain].next
        if message < 0:
            good = self._wire_tree(state.ends[ends], value, sink, state, level)
        elif self._messages[message].kind == PLAIN:
            good = (
                put_byte(sink, c"{")
                and self._members(message, value, sink, state, ends, level, False)
                and put_byte(sink, c"}")
            )
        else:
            good = self._well_known(message, value, sink, state, ends, level)
        state.count, state.end_count = entries, ends
        return good

    cdef bint _find(
        self, int32_t message, Bytes* value, int64_t stop, Sink* sink, State* state, int64_t ends
    ) noexcept nogil:
        """Chain the fields of a message up to a place: each to its slot, unknown ones to the last slot."""
        cdef int32_t count = self._messages[message].count if message >= 0 else 0
        cdef int32_t slot, entry
        cdef uint64_t tag = 0
        cdef Bytes part = value[0]
        part.stop = stop
        while part.at < stop:
            sink.steps -= 1
            if sink.steps < 0:
                return fail(sink, LARGE)
            entry = _entry(&part, sink, state)
            value.at = part.at
            if entry < 0:
                return False
            slot = self._slot(message, state.entries[entry].number, state.entries[entry].wire) if message >= 0 else -1
            if slot < 0:
                slot = count
            elif self._field(message, slot).oneof >= 0:
                self._clear_others(message, slot, state, ends)
            if state.ends[ends + 2 * slot] < 0:
                state.ends[ends + 2 * slot] = entry
            else:
                state.entries[state.ends[ends + 2 * slot + 1]].next = entry
            state.ends[ends + 2 * slot + 1] = entry
        return True

    cdef inline const Field* _field(self, int32_t message, int32_t slot) noexcept nogil:
        return self._fields + self._messages[message].first + slot

    cdef int32_t _slot(self, int32_t message, int32_t number, int32_t wire) noexcept nogil:
        """Find the field of a number whose type has this wire type; -1 where there is none."""
        cdef int32_t low = 0, high = self._messages[message].count - 1, middle
        cdef const Field* field
        # Numbers mostly run from 1 on without gaps.
        if number <= high + 1 and self._field(message, number - 1).number == number:
            low = high = number - 1
        while low <= high:
            middle = (low + high) // 2
            field = self._field(message, middle)
            if field.number == number:
                if _WIRES[field.type] == wire or (wire == 2 and field.flags & _REPEATED and _WIRES[field.type] != 3):
                    return middle
                return -1
            if field.number < number:
                low = middle + 1
            else:
                high = middle - 1
        return -1

    cdef void _clear_others(self, int32_t message, int32_t slot, State* state, int64_t ends) noexcept nogil:
        """Of the members of a oneof the last one on the wire counts."""
        cdef int32_t other
        for other in range(self._messages[message].count):
            if other != slot and self._field(message, other).oneof == self._field(message, slot).oneof:
                state.ends[ends + 2 * other] = -1

    # Writing them.

    cdef bint _members(
        self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level, bint any_before
    ) noexcept nogil:
        cdef int32_t slot, entry
        cdef const Field* field
        for slot in range(self._messages[message].count):
            field = self._field(message, slot)
            entry = state.ends[ends + 2 * slot]
            if entry < 0 and field.default < 0:
                continue
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not self._put(sink, field.name):
                return False
            if entry < 0:
                if not self._put(sink, field.default):
                    return False
            elif not self._content(field, entry, state.ends[ends + 2 * slot + 1], value, sink, state, level):
                return False
        entry = state.ends[ends + 2 * self._messages[message].count]
        if entry < 0:
            return True
        if any_before and not put_byte(sink, c","):
            return False
        return put(sink, b'"@unknown":', 11) and self._wire_tree(entry, value, sink, state, level)

    cdef bint _content(
        self, const Field* field, int32_t entry, int32_t last, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write all that stands in a field."""
        if field.flags & _MAP:
            return self._map(field, entry, value, sink, state, level + 1)
        if field.flags & _REPEATED:
            return self._list(field, entry, value, sink, state, level)
        if field.type == _MESSAGE or field.type == _GROUP:
            return self._message(field.child, entry, value, sink, state, level + 1)
        value.at = state.entries[last].at
        return self._scalar(field, value, state.entries[last].stop, sink)

    cdef bint _list(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        cdef bint any_before = False
        cdef int64_t stop
        if not put_byte(sink, c"["):
            return False
        while entry >= 0:
            value.at, stop = state.entries[entry].at, state.entries[entry].stop
            if field.type == _MESSAGE or field.type == _GROUP:
                if any_before and not put_byte(sink, c","):
                    return False
                any_before = True
                if not self._range(field.child, value, value.at, stop, sink, state, level + 1):
                    return False
            elif state.entries[entry].wire == 2 and _WIRES[field.type] != 2:
                while value.at < stop:
                    if any_before and not put_byte(sink, c","):
                        return False
                    any_before = True
                    if not self._scalar(field, value, stop, sink):
                        return False
            else:
                if any_before and not put_byte(sink, c","):
                    return False
                any_before = True
                if not self._scalar(field, value, stop, sink):
                    return False
            entry = state.entries[entry].next
        return put_byte(sink, c"]")

    cdef bint _map(
        self, const Field* field, int32_t entry, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write a map: the entries are messages with a key and a value."""
        cdef bint any_before = False, good
        cdef int64_t count = state.count, ends = state.end_count
        cdef const Field* key = self._field(field.child, 0)
        cdef const Field* item = self._field(field.child, 1)
        cdef int64_t slot
        if not put_byte(sink, c"{"):
            return False
        while entry >= 0:
            if not _ends_for(state, sink, 6):
                return False
            for slot in range(ends, ends + 6):
                state.ends[slot] = -1
            value.at = state.entries[entry].at
            if not self._find(field.child, value, state.entries[entry].stop, sink, state, ends):
                return False
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not self._key(key, state.ends[ends + 1], value, sink, state):
                return False
            if state.ends[ends + 2] < 0:
                good = self._put(sink, item.default) if item.default >= 0 else put(sink, b"{}", 2)
            else:
                good = self._content(item, state.ends[ends + 2], state.ends[ends + 3], value, sink, state, level)
            if not good:
                return False
            state.count, state.end_count = count, ends
            entry = state.entries[entry].next
        return put_byte(sink, c"}")

    cdef bint _key(self, const Field* key, int32_t entry, Bytes* value, Sink* sink, State* state) noexcept nogil:
        cdef bint quoted = key.type != _STRING
        if quoted and not put_byte(sink, c'"'):
            return False
        if entry < 0:
            if not self._put(sink, key.default):
                return False
        else:
            value.at = state.entries[entry].at
            if not self._scalar(key, value, state.entries[entry].stop, sink):
                return False
        return put(sink, b'":', 2) if quoted else put_byte(sink, c":")

    cdef bint _scalar(self, const Field* field, Bytes* value, int64_t stop, Sink* sink) noexcept nogil:
        """Write one scalar, and step behind it."""
        cdef uint64_t number = 0
        cdef int64_t at = value.at
        cdef double wide
        cdef float narrow
        cdef Bytes part
        if field.type == _STRING or field.type == _BYTES:
            value.at = stop
            if field.type == _STRING:
                return put_text(sink, value.data + at, stop - at)
            return put_base64(sink, value.data + at, stop - at)
        if _WIRES[field.type] == 0:
            part = value[0]
            part.stop = stop
            if not _varint(&part, sink, &number):
                return False
            value.at = part.at
            return self._integer(field, number, sink)
        if stop - at < (8 if _WIRES[field.type] == 1 else 4):
            return fail(sink, CUT_OFF)
        if _WIRES[field.type] == 1:
            value.at += 8
            memcpy(&number, value.data + at, 8)
            if field.type == _DOUBLE:
                memcpy(&wide, value.data + at, 8)
                return put_double(sink, wide)
            return put_int(sink, <int64_t>number) if field.type == _SFIXED64 else put_uint(sink, number)
        value.at += 4
        memcpy(&number, value.data + at, 4)
        if field.type == _FLOAT:
            memcpy(&narrow, value.data + at, 4)
            return put_float(sink, narrow)
        return put_int(sink, <int32_t>number) if field.type == _SFIXED32 else put_uint(sink, number)

    cdef bint _integer(self, const Field* field, uint64_t number, Sink* sink) noexcept nogil:
        if field.type == _BOOL:
            return put(sink, b"true", 4) if number else put(sink, b"false", 5)
        if field.type == _ENUM:
            return self._symbol(field.child, <int32_t>number, sink)
        if field.type == _UINT64:
            return put_uint(sink, number)
        if field.type == _UINT32:
            return put_uint(sink, <uint32_t>number)
        if field.type == _INT32:
            return put_int(sink, <int32_t>number)
        if field.type == _SINT32:
            return put_int(sink, <int32_t>_zigzag(<uint32_t>number))
        return put_int(sink, <int64_t>_zigzag(number) if field.type == _SINT64 else <int64_t>number)

    cdef bint _symbol(self, int32_t enum, int32_t number, Sink* sink) noexcept nogil:
        """Write the name of a value of an enum; the number where it has none."""
        cdef int32_t low = 0, high = self._numbers[enum] - 1, middle
        while low <= high:
            middle = (low + high) // 2
            if self._numbers[enum + 1 + 2 * middle] == number:
                return self._put(sink, self._numbers[enum + 2 + 2 * middle])
            if self._numbers[enum + 1 + 2 * middle] < number:
                low = middle + 1
            else:
                high = middle - 1
        return put_int(sink, number)

    # Well-known types.

    cdef bint _well_known(
        self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level
    ) noexcept nogil:
        cdef int kind = self._messages[message].kind
        cdef int32_t slot
        cdef const Field* field
        if kind == TIMESTAMP or kind == DURATION:
            return self._time(message, value, sink, state, ends)
        if kind == ANY:
            return self._any(message, value, sink, state, ends, level)
        if kind == FIELD_MASK:
            return self._mask(state.ends[ends], value, sink, state)
        for slot in range(self._messages[message].count):
            if state.ends[ends + 2 * slot] >= 0:
                field = self._field(message, slot)
                if kind == VALUE and field.type == _ENUM:
                    return put(sink, b"null", 4)
                return self._content(
                    field, state.ends[ends + 2 * slot], state.ends[ends + 2 * slot + 1], value, sink, state, level
                )
        if kind == VALUE:
            return put(sink, b"null", 4)
        return self._put(sink, self._field(message, 0).default)

    cdef bint _time(self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends) noexcept nogil:
        """Write seconds and nanoseconds as a time, or as ``1.5s``."""
        cdef uint64_t parts[2]
        cdef int slot, digits
        cdef int64_t seconds, nanoseconds, before = sink.size
        cdef uint8_t text[12]
        for slot in range(2):
            parts[slot] = 0
            if state.ends[ends + 2 * slot] >= 0:
                value.at = state.entries[state.ends[ends + 2 * slot + 1]].at
                if not _varint(value, sink, parts + slot):
                    return False
        seconds, nanoseconds = <int64_t>parts[0], <int32_t>parts[1]
        if self._messages[message].kind == DURATION:
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
        return put(sink, b's"' if self._messages[message].kind == DURATION else b'Z"', 2)

    cdef bint _any(
        self, int32_t message, Bytes* value, Sink* sink, State* state, int64_t ends, int level
    ) noexcept nogil:
        """Write a message of any type: by its schema where that is known, else as base64."""
        cdef int32_t url = state.ends[ends + 1] if state.ends[ends] >= 0 else -1
        cdef int32_t body = state.ends[ends + 3] if state.ends[ends + 2] >= 0 else -1
        cdef int64_t at = state.entries[url].at if url >= 0 else 0, stop = state.entries[url].stop if url >= 0 else 0
        cdef int64_t from_ = state.entries[body].at if body >= 0 else 0
        cdef int64_t to = state.entries[body].stop if body >= 0 else 0
        cdef int32_t known = self._named(value.data + at, stop - at) if url >= 0 else -1
        cdef bint good
        if not put(sink, b'{"@type":', 9) or not put_text(sink, value.data + at, stop - at):
            return False
        if known < 0 or self._messages[known].kind != PLAIN:
            if not put(sink, b',"value":', 9):
                return False
            good = put_base64(sink, value.data + from_, to - from_) if known < 0 else self._range(
                known, value, from_, to, sink, state, level + 1
            )
            return good and put_byte(sink, c"}")
        return self._embedded(known, from_, to, value, sink, state, level + 1) and put_byte(sink, c"}")

    cdef bint _embedded(
        self, int32_t message, int64_t at, int64_t stop, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write the members of a message behind the type that names it."""
        cdef int64_t entries = state.count, ends = state.end_count, slot
        if level > MOST_LEVELS:
            return fail(sink, DEEP)
        if not _ends_for(state, sink, 2 * (self._messages[message].count + 1)):
            return False
        for slot in range(ends, state.end_count):
            state.ends[slot] = -1
        value.at = at
        if not self._find(message, value, stop, sink, state, ends):
            return False
        if not self._members(message, value, sink, state, ends, level, True):
            return False
        state.count, state.end_count = entries, ends
        return True

    cdef int32_t _named(self, const uint8_t* url, int64_t size) noexcept nogil:
        """Find the message that the end of a type URL names."""
        cdef int64_t start = size
        cdef int32_t message, text
        while start and url[start - 1] != c"/":
            start -= 1
        for message in range(self._message_count):
            text = self._messages[message].name
            if self._ends[text + 1] - self._ends[text] == size - start:
                if memcmp(self._text + self._ends[text], url + start, <size_t>(size - start)) == 0:
                    return message
        return -1

    cdef bint _mask(self, int32_t entry, Bytes* value, Sink* sink, State* state) noexcept nogil:
        cdef bint any_before = False
        if not put_byte(sink, c'"'):
            return False
        while entry >= 0:
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not put_part(sink, value.data + state.entries[entry].at, state.entries[entry].stop - state.entries[entry].at):
                return False
            entry = state.entries[entry].next
        return put_byte(sink, c'"')

    # Without a schema.

    cdef bint _wire_tree(self, int32_t entry, Bytes* value, Sink* sink, State* state, int level) noexcept nogil:
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
                    if not self._guess(other, value, sink, state, level):
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

    cdef bint _guess(self, int32_t entry, Bytes* value, Sink* sink, State* state, int level) noexcept nogil:
        """Write a field without a schema: numbers as they are, bytes as text, else as a message, else as base64."""
        cdef int64_t at = state.entries[entry].at, stop = state.entries[entry].stop
        cdef int wire = state.entries[entry].wire
        cdef uint64_t number = 0
        cdef Bytes part = value[0]
        part.at, part.stop = at, stop
        if wire == 0:
            return _varint(&part, sink, &number) and put_uint(sink, number)
        if wire == 1 or wire == 5:
            memcpy(&number, value.data + at, 8 if wire == 1 else 4)
            return put_uint(sink, number)
        if wire == 2 and _is_text(value.data, at, stop):
            return put_text(sink, value.data + at, stop - at)
        if wire == 3 or (level < _MOST_GUESSES and _is_message(&part, sink)):
            return self._range(-1, value, at, stop, sink, state, level + 1)
        return put_base64(sink, value.data + at, stop - at)


cdef void* _copied(table) except NULL:
    """Return a copy of a table of int32."""
    cdef const uint8_t[::1] data = table.reshape(-1).view("u1")
    cdef void* memory = malloc(<size_t>max(data.shape[0], 1))
    if memory == NULL:
        raise MemoryError
    if data.shape[0]:
        memcpy(memory, &data[0], <size_t>data.shape[0])
    return memory


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


cdef bint _is_message(const Bytes* value, Sink* sink) noexcept nogil:
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
        if _entry(&part, &own, &none) < 0:
            break
    free(none.entries)
    sink.steps = own.steps
    return own.fault == 0


cdef int32_t _entry(Bytes* value, Sink* sink, State* state) noexcept nogil:
    """Read a tag and step over what follows; returns the entry, -1 for a fault."""
    cdef uint64_t tag = 0, size = 0
    cdef int64_t at
    cdef int wire
    if not _varint(value, sink, &tag):
        return -1
    wire = <int>(tag & 7)
    if tag >> 3 == 0 or tag >> 3 > 0x1FFFFFFF:
        fail(sink, FIELD_NUMBER)
        return -1
    if wire == 2:
        if not _varint(value, sink, &size):
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
        return _add(state, sink, at, <int64_t>size, <int32_t>(tag >> 3), 3)
    return _add(state, sink, at, value.at, <int32_t>(tag >> 3), wire)


cdef bint _skip(Bytes* value, Sink* sink, int wire) noexcept nogil:
    cdef uint64_t number = 0
    cdef int64_t size = 8 if wire == 1 else 4
    if wire == 0:
        return _varint(value, sink, &number)
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
        if not _varint(value, sink, &tag):
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
            if not _varint(value, sink, &size):
                return -1
            if size > <uint64_t>(value.stop - value.at):
                fail(sink, CUT_OFF)
                return -1
            value.at += <int64_t>size
        elif not _skip(value, sink, <int>(tag & 7)):
            return -1


cdef int32_t _add(State* state, Sink* sink, int64_t at, int64_t stop, int32_t number, int32_t wire) noexcept nogil:
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


cdef bint _ends_for(State* state, Sink* sink, int64_t count) noexcept nogil:
    cdef int32_t* ends
    if state.end_count + count > state.end_room or state.ends == NULL:
        ends = <int32_t*>grown(state.ends, &state.end_room, state.end_count + count, sizeof(int32_t))
        if ends == NULL:
            return fail(sink, NO_MEMORY)
        state.ends = ends
    state.end_count += count
    return True


cdef inline uint64_t _zigzag(uint64_t number) noexcept nogil:
    return number >> 1 ^ (0 - (number & 1))


cdef inline bint _varint(Bytes* value, Sink* sink, uint64_t* number) noexcept nogil:
    cdef uint64_t bits = 0
    cdef int shift = 0
    cdef uint8_t byte
    while shift < 70:
        if value.at >= value.stop:
            return fail(sink, CUT_OFF)
        byte = value.data[value.at]
        value.at += 1
        bits |= <uint64_t>(byte & 0x7F) << shift if shift < 64 else 0
        if byte < 0x80:
            number[0] = bits
            return True
        shift += 7
    return fail(sink, LONG_NUMBER)
