# cython: language_level=3, boundscheck=False, wraparound=False
"""Decodes large answers by their schemas, as aiokafka does with a Python call for each field of each row.

Metadata and offsets of ten thousand partitions are a hundred thousand fields: that would hold the event loop, and with
it every view of a notebook, for a third of a second.
"""

cdef extern from "Python.h":
    bint PyGC_Disable()
    bint PyGC_Enable()

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t

import uuid

from aiokafka.protocol import types

from workbench.bus.kafka.wire.types import Uuid


cdef enum Kind:
    INT8, INT16, INT32, UINT32, INT64, BOOLEAN, STRING, COMPACT_STRING, BYTES, COMPACT_BYTES, UUID, TAGS, ROW, ARRAY
    COMPACT_ARRAY


_PLAIN = {
    types.Int8: INT8,
    types.Int16: INT16,
    types.Int32: INT32,
    types.UInt32: UINT32,
    types.Int64: INT64,
    types.Boolean: BOOLEAN,
    types.Bytes: BYTES,
    types.CompactBytes: COMPACT_BYTES,
    types.TaggedFields: TAGS,
    Uuid: UUID,
}


cdef class Step:
    """How one type is decoded; a row and an array have the steps of their parts."""

    cdef Kind kind
    cdef tuple parts

    def __cinit__(self, Kind kind, tuple parts=()):
        self.kind = kind
        self.parts = parts


cdef struct Reader:
    const uint8_t* data
    Py_ssize_t at
    Py_ssize_t size


def step_of(field):
    """Return the step that decodes a type of aiokafka; None where a part of it is not known here."""
    plain = _PLAIN.get(field) if isinstance(field, type) else None
    if plain is not None:
        return Step(plain)
    if isinstance(field, types.String):
        if field.encoding.replace("-", "").lower() != "utf8":
            return None
        return Step(COMPACT_STRING if isinstance(field, types.CompactString) else STRING)
    if isinstance(field, types.Schema):
        parts = tuple(step_of(one) for one in field.fields)
        return None if None in parts else Step(ROW, parts)
    if isinstance(field, types.Array):
        part = step_of(field.array_of)
        kind = COMPACT_ARRAY if isinstance(field, types.CompactArray) else ARRAY
        return None if part is None else Step(kind, (part,))
    return None


def decoded(Step step not None, const uint8_t[::1] data not None):
    """Decode a value from the begin of the bytes; what follows it is left alone, as aiokafka does.

    Raises:
        ValueError: The bytes end inside of the value, or a length in them is wrong.
    """
    cdef Reader reader
    reader.data = &data[0] if data.shape[0] else NULL
    reader.at, reader.size = 0, data.shape[0]
    # A hundred thousand new tuples would start the garbage collector again and again, for four times as long as all
    # the decoding; there are no circles in them.
    cdef bint collects = PyGC_Disable()
    try:
        return value_of(step, &reader)
    finally:
        if collects:
            PyGC_Enable()


cdef object value_of(Step step, Reader* reader):
    cdef Kind kind = step.kind
    cdef Py_ssize_t length
    if kind == INT32:
        return <int32_t>number_of(reader, 4)
    if kind == INT64:
        return <int64_t>number_of(reader, 8)
    if kind == INT16:
        return <int16_t>number_of(reader, 2)
    if kind == INT8:
        return <int8_t>number_of(reader, 1)
    if kind == UINT32:
        return <uint32_t>number_of(reader, 4)
    if kind == BOOLEAN:
        return number_of(reader, 1) != 0
    if kind == ROW:
        return tuple([value_of(part, reader) for part in step.parts])
    if kind == ARRAY or kind == COMPACT_ARRAY:
        length = <int32_t>number_of(reader, 4) if kind == ARRAY else <Py_ssize_t>varint_of(reader) - 1
        if length == -1:
            return None
        # Each member takes a byte at least: a length that lies is found before memory is asked for.
        if length < 0 or length > reader.size - reader.at:
            raise ValueError("A length of an array leads out of the answer.")
        return members_of(<Step>step.parts[0], reader, length)
    if kind == STRING or kind == COMPACT_STRING:
        length = <int16_t>number_of(reader, 2) if kind == STRING else <Py_ssize_t>varint_of(reader) - 1
        return None if length < 0 else PyUnicode_DecodeUTF8(<const char*>taken(reader, length), length, NULL)
    if kind == BYTES or kind == COMPACT_BYTES:
        length = <int32_t>number_of(reader, 4) if kind == BYTES else <Py_ssize_t>varint_of(reader) - 1
        return None if length < 0 else PyBytes_FromStringAndSize(<const char*>taken(reader, length), length)
    if kind == UUID:
        raw = PyBytes_FromStringAndSize(<const char*>taken(reader, 16), 16)
        return uuid.UUID(bytes=raw) if any(raw) else None
    return tags_of(reader)


cdef list members_of(Step part, Reader* reader, Py_ssize_t length):
    cdef list found = []
    cdef Py_ssize_t number
    for number in range(length):
        found.append(value_of(part, reader))
    return found


cdef dict tags_of(Reader* reader):
    cdef uint64_t count = varint_of(reader), number
    cdef Py_ssize_t size
    cdef dict found = {}
    cdef int64_t before = -1, tag
    for number in range(count):
        tag = varint_of(reader)
        if tag <= before:
            raise ValueError(f"Tag {tag} is out of order.")
        before = tag
        size = varint_of(reader)
        found[tag] = PyBytes_FromStringAndSize(<const char*>taken(reader, size), size)
    return found


cdef const uint8_t* taken(Reader* reader, Py_ssize_t size) except NULL:
    """Return where the next bytes begin, and pass them."""
    if size < 0 or size > reader.size - reader.at:
        raise ValueError("The answer ends inside of a value.")
    cdef const uint8_t* begin = reader.data + reader.at
    reader.at += size
    return begin


cdef uint64_t number_of(Reader* reader, Py_ssize_t size) except? 0xFEDCBA9876543210:
    """Return the next bytes as an integer, the most significant first."""
    cdef const uint8_t* begin = taken(reader, size)
    cdef uint64_t value = 0
    cdef Py_ssize_t place
    for place in range(size):
        value = value << 8 | begin[place]
    return value


cdef uint64_t varint_of(Reader* reader) except? 0xFEDCBA9876543210:
    """Return the next unsigned varint of 32 bits."""
    cdef uint64_t value = 0
    cdef int shift
    cdef uint8_t byte
    for shift in range(0, 35, 7):
        byte = taken(reader, 1)[0]
        value |= <uint64_t>(byte & 0x7F) << shift
        if not byte & 0x80:
            return value
    raise ValueError("A length is longer than 32 bits.")
