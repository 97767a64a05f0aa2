"""The fields of a Protobuf message as they stand in its bytes."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from workbench.decoding.native.json_text cimport CUT_OFF, LONG_NUMBER, Sink, fail
from workbench.decoding.native.value_reader cimport Bytes


cdef struct Entry:  # a field as it stands in the bytes
    int64_t at, stop
    int32_t number, wire, next


cdef struct State:
    Entry* entries
    int64_t count, room
    int32_t* ends  # first and last entry of each field of the messages that are being read, and of unknown ones
    int64_t end_count, end_room


cdef int32_t next_entry(Bytes* value, Sink* sink, State* state) noexcept nogil
cdef int32_t add_entry(State* state, Sink* sink, int64_t at, int64_t stop, int32_t number, int32_t wire) noexcept nogil
cdef bint make_ends(State* state, Sink* sink, int64_t count) noexcept nogil
cdef bint is_message(const Bytes* value, Sink* sink) noexcept nogil


cdef inline uint64_t zigzag(uint64_t number) noexcept nogil:
    return number >> 1 ^ (0 - (number & 1))


cdef inline bint varint(Bytes* value, Sink* sink, uint64_t* number) noexcept nogil:
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
