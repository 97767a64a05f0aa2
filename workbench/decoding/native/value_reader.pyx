# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads values of one column to JSON text, each with the reader of its format or schema.

How much a value may become is bounded by its size.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uintptr_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, column_of, is_null
from workbench.decoding.native.json_text cimport BEHIND, CUT_OFF, UNKNOWN_CODE, WELL, Sink, fail

cdef enum:
    _ROOM = 1 << 14  # bytes of JSON that any value may become
    _SCHEMA_ROOM = 1 << 18  # and so many more at most for the names and defaults of its schema, twice their bytes
    _UNFOLDS = 64  # and so many for each of its bytes
    _MOST_BYTES = 0x7FFFFFF0  # of one column


cdef class ValueReader:
    """Reads the bytes of one format, or of one schema, to JSON text."""

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        return fail(sink, UNKNOWN_CODE)

    def read_one(self, const uint8_t[::1] value, int64_t start):
        """Read one value from a byte on: its JSON text or None, the number of the fault, and where it is."""
        cdef Sink sink
        cdef Bytes part
        part.data, part.at, part.stop, part.frame = NULL, start, value.shape[0], start
        if part.stop:
            part.data = &value[0]
        memset(&sink, 0, sizeof(Sink))
        try:
            if _read(self, &part, &sink):
                return (<const char*>sink.data)[:sink.size], 0, 0
            return None, <int>sink.fault, part.at
        finally:
            free(sink.data)


cdef bint _read(ValueReader reader, Bytes* part, Sink* sink) noexcept nogil:
    """Read one value; false, with nothing written, where it has a fault."""
    cdef int64_t before = sink.size, size = part.stop - part.at
    if size < 0:
        part.at = part.stop
        return fail(sink, CUT_OFF)
    sink.fault, sink.quiet = WELL, 0
    sink.steps = _ROOM + min(2 * reader.room, _SCHEMA_ROOM) + _UNFOLDS * size
    sink.limit = min(before + sink.steps, _MOST_BYTES)
    if reader.read(part, sink) and (part.at == part.stop or fail(sink, BEHIND)):
        return True
    sink.size = before
    return False


cdef class _Memory:
    """Owns memory that an Arrow buffer points to."""

    cdef void* at

    def __dealloc__(self):
        free(self.at)


def read_rows(values, list readers, const int32_t[::1] which, const int32_t[::1] starts):
    """Read rows of a binary column to JSON text.

    Args:
        values: The column.
        readers: Readers of which rows use some.
        which: For each row the number of its reader; -1 leaves a row out.
        starts: For each row where its value begins behind its frame.

    Returns:
        A string column, null for rows that were left out or have a fault, and ``(row, fault, byte)`` of the faults.
    """
    cdef Column column = column_of(values)
    cdef int64_t rows = column.count, row
    cdef Sink sink
    cdef Bytes part
    cdef ValueReader reader = None
    cdef int32_t current = -1
    cdef list faults = []
    cdef _Memory owner = _Memory()
    ends_array = np.zeros(rows + 1, np.int32)
    known_array = np.zeros(rows, np.uint8)
    cdef int32_t[::1] ends = ends_array
    cdef uint8_t[::1] known = known_array
    memset(&sink, 0, sizeof(Sink))
    try:
        with nogil:
            for row in range(rows):
                if which[row] >= 0 and not is_null(&column, row):
                    if which[row] != current:
                        with gil:
                            current = which[row]
                            reader = readers[current]
                    part.data = column.data
                    part.frame = starts[row]
                    part.at = column.ends[row] + starts[row]
                    part.stop = column.ends[row + 1]
                    if _read(reader, &part, &sink):
                        known[row] = 1
                    else:
                        with gil:
                            faults.append((row, <int>sink.fault, part.at - column.ends[row]))
                ends[row + 1] = <int32_t>sink.size
        owner.at = realloc(sink.data, <size_t>max(sink.size, 1))
        if owner.at != NULL:
            sink.data = NULL
    finally:
        free(sink.data)
    if owner.at == NULL:
        raise MemoryError("there is no room for the decoded values")
    content = pa.foreign_buffer(<uintptr_t>owner.at, sink.size, owner)
    valid = pa.py_buffer(np.packbits(known_array, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), rows, [valid, pa.py_buffer(ends_array), content]), faults
