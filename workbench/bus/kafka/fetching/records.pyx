# cython: language_level=3, boundscheck=False, wraparound=False
"""Turns records of Kafka's message format 2 into Arrow columns: one pass checks them, then each column is copied once.

Layout of a record (all integers zigzag varints): length, attributes (one byte), timestamp delta, offset delta, key
length, key, value length, value, header count, and for each header name length, name, value length, value; -1 stands
for null.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Slice, address, gathered, grown, new_buffer
from workbench.bus.kafka.fetching.varints cimport read_varint

_LIMIT = (1 << 31) - 1
_SMALLEST = 7
"""Bytes of the smallest record: seven fields of one byte each."""


class CorruptRecords(ValueError):
    """The bytes are no records of the layout above."""


class OversizedRecords(Exception):
    """The records take more memory than the caller allows; nothing is wrong with their bytes."""


cdef enum Fault:
    NONE, LONG_INTEGER, OUTSIDE, NO_NAME, HEADER_COUNT, LEFT_OVER, NOT_ADDING_UP, NO_MEMORY, OVERSIZED


_FAULTS = {
    LONG_INTEGER: "an integer is cut off or longer than 64 bits",
    OUTSIDE: "a length leads out of its record or batch",
    NO_NAME: "a header has no name",
    HEADER_COUNT: "a header count does not fit its record",
    LEFT_OVER: "bytes are left over in a record",
    NOT_ADDING_UP: "record lengths do not add up to the batch",
}


cdef class _RecordSlices:
    """Where the fields of the records read so far lie in the buffer; freed with the object, also after an error."""

    cdef Slice* fields  # key and value of each record
    cdef Slice* headers  # name and value of each header
    cdef int64_t header_room, header_count
    cdef int64_t* timestamps
    cdef int64_t* offsets
    cdef int32_t* header_ends

    def __cinit__(self):
        self.fields = NULL
        self.headers = NULL
        self.header_room = self.header_count = 0

    def __dealloc__(self):
        free(self.fields)
        free(self.headers)


def parse(const uint8_t[::1] data not None, batches, header_type, int64_t largest=_LIMIT):
    """Read the records of several batches ``(start, stop, record count)`` in one buffer, behind their headers.

    Args:
        data: The buffer.
        batches: Where the records of each batch lie in it.
        header_type: Arrow type of the headers.
        largest: Bytes of the largest record that is read.

    Returns:
        Offset deltas and timestamp deltas (int64 arrays), keys, values (binary), and headers (``header_type``: a list
        of name and value), in the order of the batches.

    Raises:
        CorruptRecords: A field leads out of its record, or a record out of its batch.
        OversizedRecords: A record is larger than ``largest``.
    """
    cdef int64_t start, stop, count, total = 0, row = 0, room = 0
    cdef Fault fault = NONE
    cdef _RecordSlices slices = _RecordSlices()
    cdef const uint8_t* bytes_at = &data[0] if data.shape[0] else NULL
    # Slices hold 32-bit indexes, half the memory of 64-bit ones; so do the offsets of Arrow's binary type.
    if data.shape[0] > _LIMIT:
        raise CorruptRecords("more than 2 GiB in one piece")
    # The record count comes from the batch header and is hostile: it must fit the bytes before memory is taken for it.
    for start, stop, count in batches:
        if not 0 <= start <= stop <= data.shape[0] or not 0 <= count * _SMALLEST <= stop - start:
            raise CorruptRecords("more records are named than the batch has room for")
        total += count
    timestamps, offsets, ends = new_buffer(8 * total), new_buffer(8 * total), new_buffer(4 * (total + 1))
    slices.timestamps = <int64_t*>address(timestamps)
    slices.offsets = <int64_t*>address(offsets)
    slices.header_ends = <int32_t*>address(ends)
    slices.header_ends[0] = 0
    slices.fields = <Slice*>grown(NULL, &room, total, 2 * sizeof(Slice))
    if slices.fields == NULL:
        raise MemoryError
    for start, stop, count in batches:
        # Without the GIL, so that decoding in a thread does not hold up the event loop that fetches.
        with nogil:
            fault = _read_batch(slices, bytes_at, start, stop, row, row + count, largest)
        if fault == NO_MEMORY:
            raise MemoryError
        if fault == OVERSIZED:
            raise OversizedRecords(f"a record holds more than {largest} bytes")
        if fault != NONE:
            raise CorruptRecords(_FAULTS[fault])
        row += count
    # Only now are bytes copied: all sizes are known, so each column is allocated once, at its final size.
    pairs = pa.StructArray.from_arrays(
        [
            gathered(bytes_at, slices.headers, slices.header_count, 2, pa.binary()),
            gathered(bytes_at, slices.headers + 1, slices.header_count, 2, pa.binary()),
        ],
        fields=list(header_type.value_type),
    )
    return (
        np.frombuffer(offsets, np.int64),
        np.frombuffer(timestamps, np.int64),
        gathered(bytes_at, slices.fields, total, 2, pa.binary()),
        gathered(bytes_at, slices.fields + 1, total, 2, pa.binary()),
        pa.Array.from_buffers(header_type, total, [None, ends], 0, children=[pairs]),
    )


def whole_records(const uint8_t[::1] data not None, int64_t largest, int64_t count):
    """Step over records from the start of the bytes while they are whole and at most ``largest`` bytes.

    Returns:
        Where the last of them ends, and their number, at most ``count``.
    """
    cdef const uint8_t* bytes_at = &data[0] if data.shape[0] else NULL
    cdef int64_t stop = data.shape[0], at = 0, end = 0, number = 0, size
    with nogil:
        while number < count and read_varint(bytes_at, &at, stop, &size) and 0 < size <= largest and size <= stop - at:
            at += size
            end = at
            number += 1
    return end, number


def first_record(const uint8_t[::1] data not None):
    """Read the head of the first record, which need not be whole.

    Returns:
        Where it begins behind its length, its length in bytes, and its offset delta.

    Raises:
        CorruptRecords: The bytes are no head of a record.
    """
    cdef const uint8_t* bytes_at = &data[0] if data.shape[0] else NULL
    cdef int64_t stop = data.shape[0], at = 0, begin, size, timestamp, offset
    if not read_varint(bytes_at, &at, stop, &size):
        raise CorruptRecords(_FAULTS[LONG_INTEGER])
    begin = at
    at += 1
    if size < 1 or not read_varint(bytes_at, &at, stop, &timestamp) or not read_varint(bytes_at, &at, stop, &offset):
        raise CorruptRecords(_FAULTS[OUTSIDE])
    return begin, size, offset


cdef Fault _read_batch(_RecordSlices slices, const uint8_t* data, int64_t at, int64_t stop, int64_t row, int64_t last, int64_t largest) noexcept nogil:
    """Read the records of one batch; ``at`` never passes ``stop``."""
    cdef int64_t size, end, count
    cdef Fault fault
    while row < last:
        if not read_varint(data, &at, stop, &size):
            return LONG_INTEGER
        if size < 1 or size > stop - at:
            return OUTSIDE
        if size > largest:
            return OVERSIZED
        # From here on the record's own end bounds every read, so that no field reaches into the next record.
        end = at + size
        at += 1  # attributes: format 2 uses none of their bits
        if not read_varint(data, &at, end, slices.timestamps + row) or not read_varint(data, &at, end, slices.offsets + row):
            return LONG_INTEGER
        fault = _slice(data, &at, end, slices.fields + 2 * row)
        if fault == NONE:
            fault = _slice(data, &at, end, slices.fields + 2 * row + 1)
        if fault != NONE:
            return fault
        if not read_varint(data, &at, end, &count):
            return LONG_INTEGER
        # A header has at least two bytes (both lengths), which bounds the memory that a count can ask for.
        if count < 0 or count > (end - at) // 2:
            return HEADER_COUNT
        fault = _headers(slices, data, &at, end, count)
        if fault != NONE:
            return fault
        # Bytes that are left over mean another layout than the one read here.
        if at != end:
            return LEFT_OVER
        row += 1
        slices.header_ends[row] = <int32_t>slices.header_count
    return NONE if at == stop else NOT_ADDING_UP


cdef Fault _headers(_RecordSlices slices, const uint8_t* data, int64_t* at, int64_t end, int64_t count) noexcept nogil:
    """Read the headers of one record. Kafka allows a null value, never a null name."""
    cdef Slice* header = <Slice*>grown(slices.headers, &slices.header_room, slices.header_count + count, 2 * sizeof(Slice))
    cdef Fault fault
    cdef int64_t number
    if header == NULL:
        return NO_MEMORY
    # Growing may have moved the memory, so the old pointer is replaced before anything is written.
    slices.headers = header
    for number in range(count):
        header = slices.headers + 2 * slices.header_count
        fault = _slice(data, at, end, header)
        if fault == NONE:
            fault = _slice(data, at, end, header + 1)
        if fault != NONE:
            return fault
        if header.size < 0:
            return NO_NAME
        slices.header_count += 1
    return NONE


cdef inline Fault _slice(const uint8_t* data, int64_t* at, int64_t end, Slice* found) noexcept nogil:
    """Read a length and step over that many bytes; -1 is null, and a length beyond ``end`` is a fault."""
    cdef int64_t size
    if not read_varint(data, at, end, &size):
        return LONG_INTEGER
    if size < -1 or size > end - at[0]:
        return OUTSIDE
    found.start = <int32_t>at[0]
    found.size = <int32_t>size
    if size > 0:
        at[0] += size
    return NONE
