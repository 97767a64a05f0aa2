# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Tables of the messages, fields and enums of one Protobuf file, and what is looked up in them."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

import pyarrow as pa

from workbench.buffers.slices cimport address
from workbench.decoding.native.json_numbers cimport put_int
from workbench.decoding.native.json_plain cimport SLACK
from workbench.decoding.native.json_text cimport UNKNOWN_CODE, Sink, fail, put
from workbench.decoding.native.protobuf_wire cimport State
from workbench.decoding.native.value_reader cimport Bytes, ValueReader

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

REPEATED, MAP, PRESENCE = IS_REPEATED, IS_MAP, IS_PRESENCE


cdef class ProtobufTables(ValueReader):
    """Holds the tables; readers of messages are made of it.

    Args:
        messages: Kind, first field, fields, text of the full name, and where in ``numbers`` nested messages are
            (int32).
        fields: Number, type, flags, text of the name with its colon, message or place of the enum, text of the
            default or -1, number of the oneof or -1, and 0 (int32); those of a message are sorted by number.
        numbers: Messages that are nested, and enums: how many values, then number and text of each, sorted (int32).
        ends: Where each text ends in ``texts``; a zero before them (int32).
        texts: Texts of JSON.
        roots: Place and count of the messages that a message index counts from.
        root: The message of values without an index; -1 for the wire format itself.
    """

    def __cinit__(self):
        self.messages = NULL
        self.fields = NULL
        self.numbers = self.ends = NULL

    def __init__(self, messages, fields, numbers, ends, bytes texts, roots, int32_t root):
        self.messages = <Message*>_copied(messages)
        self.fields = <Field*>_copied(fields)
        self.numbers = <int32_t*>_copied(numbers)
        self.ends = <int32_t*>_copied(ends)
        for field in range(len(fields)):
            # Of the largest number the tag has 32 bits.
            self.fields[field].tag = <int32_t>(
                <uint32_t>self.fields[field].number << 3 | <uint32_t>wb_wires[self.fields[field].type]
            )
        self.message_count = len(messages)
        self.roots, self.root_count = roots
        self.root = root
        self.texts = texts + bytes(SLACK)
        self.text = <const uint8_t*><const char*>self.texts
        self.room = len(texts)

    def __dealloc__(self):
        free(self.messages)
        free(self.fields)
        free(self.numbers)
        free(self.ends)

    cdef bint write(self, Sink* sink, int32_t text) noexcept nogil:
        """Write a text of the tables."""
        return put(sink, self.text + self.ends[text], self.ends[text + 1] - self.ends[text])

    cdef int32_t slot_of(self, int32_t message, int32_t number, int32_t wire) noexcept nogil:
        """Find the field of a number whose type has this wire type; -1 where there is none."""
        cdef int32_t low = 0, high = self.messages[message].count - 1, middle
        cdef const Field* field
        cdef bint packed
        # Numbers mostly run from 1 on without gaps. Hostile bytes may have a 0.
        if 1 <= number <= high + 1 and field_of(self, message, number - 1).number == number:
            low = high = number - 1
        while low <= high:
            middle = (low + high) // 2
            field = field_of(self, message, middle)
            if field.number == number:
                # Scalars that are repeated may stand packed in one field.
                packed = wire == 2 and field.flags & IS_REPEATED and wb_wires[field.type] != 3
                return middle if packed or wb_wires[field.type] == wire else -1
            if field.number < number:
                low = middle + 1
            else:
                high = middle - 1
        return -1

    cdef int32_t named(self, const uint8_t* url, int64_t size) noexcept nogil:
        """Find the message that the end of a type URL names."""
        cdef int64_t start = size
        cdef int32_t message, text
        while start and url[start - 1] != c"/":
            start -= 1
        for message in range(self.message_count):
            text = self.messages[message].name
            if self.ends[text + 1] - self.ends[text] == size - start:
                if memcmp(self.text + self.ends[text], url + start, <size_t>(size - start)) == 0:
                    return message
        return -1

    cdef bint write_symbol(self, int32_t enum, int32_t number, Sink* sink) noexcept nogil:
        """Write the name of a value of an enum; the number where it has none."""
        cdef int32_t low = 0, high = self.numbers[enum] - 1, middle
        while low <= high:
            middle = (low + high) // 2
            if self.numbers[enum + 1 + 2 * middle] == number:
                return self.write(sink, self.numbers[enum + 2 + 2 * middle])
            if self.numbers[enum + 1 + 2 * middle] < number:
                low = middle + 1
            else:
                high = middle - 1
        return put_int(sink, number)

    cdef bint write_range(
        self, int32_t message, Bytes* value, int64_t at, int64_t stop, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write the message that stands between two places; a reader of messages knows how."""
        return fail(sink, UNKNOWN_CODE)

    cdef bint write_message(
        self, int32_t message, int32_t chain, Bytes* value, Sink* sink, State* state, int level
    ) noexcept nogil:
        """Write the message of a chain of entries; a reader of messages knows how."""
        return fail(sink, UNKNOWN_CODE)


cdef void* _copied(table) except NULL:
    """Return a copy of a table of int32."""
    data = pa.py_buffer(table)
    cdef size_t size = data.size
    cdef void* memory = malloc(size or 1)
    if memory == NULL:
        raise MemoryError
    memcpy(memory, address(data), size)
    return memory
