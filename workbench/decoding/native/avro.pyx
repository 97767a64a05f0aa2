# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads Avro's binary encoding to JSON text by the program of a schema (`workbench.decoding.formats.avro.program`).

A union becomes the value of its branch, without the branch's name. Decimals become texts, exactly; dates and times become
texts as RFC 3339 writes them; bytes become base64.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from workbench.decoding.native.json_fractions cimport put_double, put_float
from workbench.decoding.native.json_numbers cimport put_decimal, put_int
from workbench.decoding.native.json_plain cimport put_plain_text
from workbench.decoding.native.json_text cimport (
    BRANCH,
    CUT_OFF,
    DEEP,
    LARGE,
    LONG_NUMBER,
    NEGATIVE,
    NO_MEMORY,
    NO_READER,
    SYMBOL,
    Sink,
    fail,
    put,
    put_base64,
    put_byte,
    put_uuid,
)
from workbench.decoding.native.json_times cimport put_date, put_time, put_timestamp
from workbench.decoding.native.value_reader cimport MOST_LEVELS, Bytes, ValueReader

# What a node reads. Of the other numbers of a node, ``first`` and ``count`` say where in the list its parts are.
cdef enum Kind:
    NULL_ = 0
    BOOLEAN
    LONG
    FLOAT
    DOUBLE
    BYTES
    STRING
    RECORD  # pairs of the text of the name (-1: left out) and the node (-1: the text is the member)
    ENUM  # the texts of the symbols, -1 where the reader has none
    ARRAY  # first: the node of the items
    MAP  # the same
    UNION  # the nodes of the branches, -1 where the reader has none
    FIXED  # size
    DECIMAL  # first: the scale; size: -1 for bytes
    DATE
    TIME  # first: decimals of a second
    TIMESTAMP  # first: the same; count: whether it is UTC
    UUID
    DURATION

KINDS = {
    "null": NULL_,
    "boolean": BOOLEAN,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "bytes": BYTES,
    "string": STRING,
    "record": RECORD,
    "enum": ENUM,
    "array": ARRAY,
    "map": MAP,
    "union": UNION,
    "fixed": FIXED,
    "decimal": DECIMAL,
    "date": DATE,
    "time": TIME,
    "timestamp": TIMESTAMP,
    "uuid": UUID,
    "duration": DURATION,
}


cdef struct Node:
    int32_t kind, first, count, size


cdef class AvroReader(ValueReader):
    """Reads values of one schema.

    Args:
        nodes: Kind, first, count and size of each node (int32); the first node is the value.
        parts: The list that nodes point into (int32).
        ends: Where each text ends in ``texts``; a zero before them (int32).
        texts: Texts of JSON: names with their colons, symbols, whole members.
    """

    cdef Node* _nodes
    cdef int32_t* _parts
    cdef int32_t* _ends
    cdef bytes _texts
    cdef const uint8_t* _text

    def __cinit__(self):
        self._nodes = NULL
        self._parts = self._ends = NULL

    def __init__(self, const int32_t[:, ::1] nodes, const int32_t[::1] parts, const int32_t[::1] ends, bytes texts):
        self._nodes = <Node*>malloc(max(len(nodes), 1) * sizeof(Node))
        self._parts = <int32_t*>malloc(max(len(parts), 1) * sizeof(int32_t))
        self._ends = <int32_t*>malloc(max(len(ends), 1) * sizeof(int32_t))
        if self._nodes == NULL or self._parts == NULL or self._ends == NULL:
            raise MemoryError
        if len(nodes):
            memcpy(self._nodes, &nodes[0, 0], len(nodes) * sizeof(Node))
        if len(parts):
            memcpy(self._parts, &parts[0], len(parts) * sizeof(int32_t))
        if len(ends):
            memcpy(self._ends, &ends[0], len(ends) * sizeof(int32_t))
        self._texts = texts
        self._text = <const uint8_t*><const char*>texts
        self.room = len(texts)

    def __dealloc__(self):
        free(self._nodes)
        free(self._parts)
        free(self._ends)

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        return self._value(self._nodes, value, sink, 0)

    cdef bint _put(self, Sink* sink, int32_t text) noexcept nogil:
        return put(sink, self._text + self._ends[text], self._ends[text + 1] - self._ends[text])

    cdef bint _value(self, const Node* node, Bytes* value, Sink* sink, int level) noexcept nogil:
        cdef int64_t number = 0
        cdef int32_t chosen
        sink.steps -= 1
        if sink.steps < 0:
            return fail(sink, LARGE)
        if level > MOST_LEVELS:
            return fail(sink, DEEP)
        if node.kind == LONG:
            return _long(value, sink, &number) and put_int(sink, number)
        if node.kind == STRING:
            return self._string(value, sink)
        if node.kind == UNION:
            if not _long(value, sink, &number):
                return False
            if not 0 <= number < node.count:
                return fail(sink, BRANCH)
            chosen = self._parts[node.first + number]
            return self._value(self._nodes + chosen, value, sink, level) if chosen >= 0 else fail(sink, NO_READER)
        if node.kind == RECORD:
            return self._record(node, value, sink, level + 1)
        if node.kind == ENUM:
            if not _long(value, sink, &number):
                return False
            if not 0 <= number < node.count:
                return fail(sink, SYMBOL)
            chosen = self._parts[node.first + number]
            return self._put(sink, chosen) if chosen >= 0 else fail(sink, NO_READER)
        if node.kind == ARRAY or node.kind == MAP:
            return self._blocks(node, value, sink, level + 1)
        return _plain(node, value, sink)

    cdef bint _string(self, Bytes* value, Sink* sink) noexcept nogil:
        cdef int64_t size = 0
        if not _size(value, sink, &size):
            return False
        value.at += size
        return put_plain_text(sink, value.data + value.at - size, size, value.stop - value.at + size)

    cdef bint _record(self, const Node* node, Bytes* value, Sink* sink, int level) noexcept nogil:
        cdef int32_t at, name, part
        cdef bint any_before = False
        if not put_byte(sink, c"{"):
            return False
        for at in range(node.first, node.first + 2 * node.count, 2):
            name, part = self._parts[at], self._parts[at + 1]
            if name < 0:
                sink.quiet += 1
                if not self._value(self._nodes + part, value, sink, level):
                    return False
                sink.quiet -= 1
                continue
            if any_before and not put_byte(sink, c","):
                return False
            any_before = True
            if not self._put(sink, name):
                return False
            if part >= 0 and not self._value(self._nodes + part, value, sink, level):
                return False
        return put_byte(sink, c"}")

    cdef bint _blocks(self, const Node* node, Bytes* value, Sink* sink, int level) noexcept nogil:
        cdef bint is_map = node.kind == MAP, any_before = False
        cdef int64_t count = 0, size = 0
        if not put_byte(sink, c"{" if is_map else c"["):
            return False
        while True:
            if not _long(value, sink, &count):
                return False
            if count == 0:
                return put_byte(sink, c"}" if is_map else c"]")
            if count < 0:
                if not _long(value, sink, &size):
                    return False
                count = -(count + 1)
                # One more item than this number, which is what the smallest integer has no place for.
                if not self._item(node, value, sink, level, is_map, any_before):
                    return False
                any_before = True
            while count > 0:
                if not self._item(node, value, sink, level, is_map, any_before):
                    return False
                any_before = True
                count -= 1

    cdef bint _item(
        self, const Node* node, Bytes* value, Sink* sink, int level, bint is_map, bint any_before
    ) noexcept nogil:
        if any_before and not put_byte(sink, c","):
            return False
        if is_map and not (self._string(value, sink) and put_byte(sink, c":")):
            return False
        return self._value(self._nodes + node.first, value, sink, level)


cdef bint _plain(const Node* node, Bytes* value, Sink* sink) noexcept nogil:
    """Read what has no parts."""
    cdef int64_t number = 0, size = node.size
    cdef double wide
    cdef float narrow
    if node.kind == NULL_:
        return put(sink, b"null", 4)
    if node.kind == BOOLEAN:
        if not _take(value, sink, 1):
            return False
        return put(sink, b"true", 4) if value.data[value.at - 1] else put(sink, b"false", 5)
    if node.kind == DOUBLE:
        if not _take(value, sink, 8):
            return False
        memcpy(&wide, value.data + value.at - 8, 8)
        return put_double(sink, wide)
    if node.kind == FLOAT:
        if not _take(value, sink, 4):
            return False
        memcpy(&narrow, value.data + value.at - 4, 4)
        return put_float(sink, narrow)
    if node.kind == DATE or node.kind == TIME or node.kind == TIMESTAMP:
        if not _long(value, sink, &number):
            return False
        if node.kind == DATE:
            return put_date(sink, number)
        if node.kind == TIME:
            return put_time(sink, number, node.first)
        return put_timestamp(sink, number, node.first, node.count)
    if node.kind == BYTES or node.size < 0:
        if not _size(value, sink, &size):
            return False
        value.at += size
    elif not _take(value, sink, size):
        return False
    if node.kind == DECIMAL:
        return put_decimal(sink, value.data + value.at - size, size, node.first)
    if node.kind == UUID:
        return put_uuid(sink, value.data + value.at - size)
    if node.kind == DURATION:
        return _duration(value.data + value.at - size, sink)
    return put_base64(sink, value.data + value.at - size, size)


cdef bint _duration(const uint8_t* data, Sink* sink) noexcept nogil:
    cdef uint64_t parts[3]
    cdef int part, byte
    for part in range(3):
        parts[part] = 0
        for byte in range(3, -1, -1):
            parts[part] = parts[part] << 8 | data[4 * part + byte]
    return (
        put(sink, b'{"months":', 10)
        and put_int(sink, <int64_t>parts[0])
        and put(sink, b',"days":', 8)
        and put_int(sink, <int64_t>parts[1])
        and put(sink, b',"milliseconds":', 16)
        and put_int(sink, <int64_t>parts[2])
        and put_byte(sink, c"}")
    )


cdef inline bint _take(Bytes* value, Sink* sink, int64_t size) noexcept nogil:
    """Step over bytes that must be there."""
    if size > value.stop - value.at:
        return fail(sink, CUT_OFF)
    value.at += size
    return True


cdef inline bint _long(Bytes* value, Sink* sink, int64_t* number) noexcept nogil:
    """Read an integer of variable length: seven bits a byte, the sign in the last bit."""
    cdef uint64_t bits = 0
    cdef int shift = 0
    cdef uint8_t byte
    while shift < 70:
        if value.at >= value.stop:
            return fail(sink, CUT_OFF)
        byte = value.data[value.at]
        value.at += 1
        if shift == 63 and byte > 1:
            return fail(sink, LONG_NUMBER)
        bits |= <uint64_t>(byte & 0x7F) << shift
        if byte < 0x80:
            number[0] = <int64_t>(bits >> 1) ^ -<int64_t>(bits & 1)
            return True
        shift += 7
    return fail(sink, LONG_NUMBER)


cdef inline bint _size(Bytes* value, Sink* sink, int64_t* size) noexcept nogil:
    """Read a length, and check that so many bytes follow."""
    if not _long(value, sink, size):
        return False
    if size[0] < 0:
        return fail(sink, NEGATIVE)
    return size[0] <= value.stop - value.at or fail(sink, CUT_OFF)
