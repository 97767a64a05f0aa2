# cython: language_level=3, boundscheck=False, wraparound=False
"""Columns that grow row by row and become Arrow arrays without another copy.

Rows are put in order; those that are left out are null. A column that nothing was put into costs nothing; others get
memory for all rows that are expected at once, because to grow means to copy.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uintptr_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

import pyarrow as pa

from workbench.decoding.native.values cimport Value

cdef enum:
    _MOST_BYTES = 0x7FFFFFFF  # of one array with offsets of 32 bits
    _MOST_AHEAD = 1 << 18  # bytes of texts that are expected from the first ones


cdef class _Memory:
    """Owns memory that an Arrow buffer points to."""

    cdef void* at

    def __dealloc__(self):
        free(self.at)


cdef object _buffer(void** memory, int64_t size):
    """Hand memory over to an Arrow buffer of a size; it is freed with the last array that uses it."""
    cdef _Memory owner = _Memory()
    cdef void* smaller
    if memory[0] == NULL:
        return pa.py_buffer(b"")
    # What was allocated ahead is given back.
    smaller = realloc(memory[0], <size_t>max(size, 1))
    owner.at = smaller if smaller != NULL else memory[0]
    memory[0] = NULL
    return pa.foreign_buffer(<uintptr_t>owner.at, size, owner)


cdef void* _grown(void* memory, int64_t* room, int64_t needed, int64_t expected, size_t item) noexcept nogil:
    """Return memory for the items that are needed now, and for those that are expected or else as many again.

    NULL where there is none; ``memory`` is then still valid.
    """
    cdef int64_t size = expected if needed <= expected else 2 * needed
    cdef void* more
    if needed <= room[0] and memory != NULL:
        return memory
    more = realloc(memory, <size_t>max(size, 1) * item)
    if more != NULL:
        room[0] = size
    return more


cdef inline bint _mark(uint8_t** valid, int64_t* room, int64_t row, int64_t expected) noexcept nogil:
    """Set a row's bit; new bytes begin as zeros."""
    if (row >> 3) >= room[0] and not _reach(valid, room, expected if row < expected else 2 * (row + 1)):
        return False
    valid[0][row >> 3] |= <uint8_t>(1 << (row & 7))
    return True


cdef object _validity(uint8_t** valid, int64_t* room, int64_t values, int64_t rows):
    """Return the validity buffer of so many rows; None where none of them is null."""
    if values == rows:
        return None
    if rows and not _reach(valid, room, rows):
        raise MemoryError
    return _buffer(<void**>valid, (rows + 7) // 8)


cdef bint _reach(uint8_t** valid, int64_t* room, int64_t rows) noexcept nogil:
    cdef int64_t former = room[0]
    cdef uint8_t* more
    if (rows + 7) // 8 > former:
        more = <uint8_t*>_grown(valid[0], room, (rows + 7) // 8, (rows + 7) // 8, 1)
        if more == NULL:
            return False
        valid[0] = more
        memset(more + former, 0, <size_t>(room[0] - former))
    return True


cdef class TextColumn:
    """A column of texts.

    Args:
        expected: How many rows it will have, about.
    """

    def __init__(self, int64_t expected):
        self.expected = expected

    def __dealloc__(self):
        free(self.ends)
        free(self.content)
        free(self.valid)

    cdef bint _fill(self, int64_t row) noexcept nogil:
        """End all rows before this one where the content ends now."""
        cdef int32_t* ends
        if row + 2 > self.ends_room or self.ends == NULL:
            ends = <int32_t*>_grown(self.ends, &self.ends_room, row + 2, self.expected + 1, sizeof(int32_t))
            if ends == NULL:
                return False
            self.ends = ends
            if self.rows == 0:
                ends[0] = 0
        while self.rows < row:
            self.rows += 1
            self.ends[self.rows] = <int32_t>self.size
        return True

    cdef bint put(self, int64_t row, const Value* value) noexcept nogil:
        """Put a text into a row; a missing one leaves it null. False where there is no memory."""
        cdef uint8_t* content
        cdef int64_t needed = self.size + value.size
        if value.data == NULL:
            return True
        if self.rows != row or row + 2 > self.ends_room:
            if not self._fill(row):
                return False
        if needed > _MOST_BYTES:
            return False
        if needed > self.content_room or self.content == NULL:
            # The rows to come are like those before them.
            content = <uint8_t*>_grown(
                self.content, &self.content_room, needed, min(needed * self.expected // (row + 1), _MOST_AHEAD), 1
            )
            if content == NULL:
                return False
            self.content = content
            # `put_text` looks at the room alone.
            self.content_room = min(self.content_room, _MOST_BYTES)
        memcpy(self.content + self.size, value.data, <size_t>value.size)
        self.size += value.size
        self.rows = row + 1
        self.ends[self.rows] = <int32_t>self.size
        self.values += 1
        return _mark(&self.valid, &self.valid_room, row, self.expected)

    def array(self, int64_t rows):
        """Return the first rows as a string array; the column is empty afterwards."""
        if not self.values:
            return pa.nulls(rows, pa.string())
        if not self._fill(rows):
            raise MemoryError
        validity = _validity(&self.valid, &self.valid_room, self.values, rows)
        buffers = [validity, _buffer(<void**>&self.ends, 4 * (rows + 1)), _buffer(<void**>&self.content, self.size)]
        return pa.Array.from_buffers(pa.string(), rows, buffers, rows - self.values)


cdef class NumberColumn:
    """A column of integers of 4 or 8 bytes.

    Args:
        width: Bytes of each.
        expected: How many rows it will have, about.
    """

    def __init__(self, int width, int64_t expected):
        self.width, self.expected = width, expected

    def __dealloc__(self):
        free(self.content)
        free(self.valid)

    cdef bint put(self, int64_t row, int64_t number) noexcept nogil:
        """Put a number into a row. False where there is no memory."""
        cdef int32_t small = <int32_t>number
        cdef int64_t room
        if (row + 1) * self.width > self.content_room:
            room = 8 * self.width * (self.expected if row < self.expected else 2 * (row + 1))
            if not _reach(&self.content, &self.content_room, room):
                return False
        memcpy(self.content + row * self.width, &number if self.width == 8 else <void*>&small, <size_t>self.width)
        self.values += 1
        return _mark(&self.valid, &self.valid_room, row, self.expected)

    def array(self, int64_t rows, kind):
        """Return the first rows as an array of a type of this width; the column is empty afterwards."""
        if not self.values:
            return pa.nulls(rows, kind)
        if not _reach(&self.content, &self.content_room, 8 * rows * self.width):
            raise MemoryError
        validity = _validity(&self.valid, &self.valid_room, self.values, rows)
        buffers = [validity, _buffer(<void**>&self.content, rows * self.width)]
        return pa.Array.from_buffers(kind, rows, buffers, rows - self.values)


cdef class Rows:
    def __init__(self, int64_t expected):
        self.expected = expected

    def __dealloc__(self):
        free(self.valid)

    cdef bint put(self, int64_t row) noexcept nogil:
        self.values += 1
        return _mark(&self.valid, &self.room, row, self.expected)

    def array(self, int64_t rows, kind):
        """Return a boolean array that is true for the rows that were put."""
        if not self.values:
            return pa.nulls(rows, pa.bool_()).fill_null(False)
        if not _reach(&self.valid, &self.room, rows):
            raise MemoryError
        return pa.Array.from_buffers(pa.bool_(), rows, [None, _buffer(<void**>&self.valid, (rows + 7) // 8)], 0)

    def among(self, int64_t rows, Rows known not None):
        """Return a boolean array that is true for the rows that were put, and null for those that are not known."""
        if not known.values:
            return pa.nulls(rows, pa.bool_())
        if not _reach(&self.valid, &self.room, rows):
            raise MemoryError
        validity = _validity(&known.valid, &known.room, known.values, rows)
        bits = _buffer(<void**>&self.valid, (rows + 7) // 8)
        return pa.Array.from_buffers(pa.bool_(), rows, [validity, bits], rows - known.values)

    def struct(self, int64_t rows, kind, children):
        """Return a struct array whose other rows are null."""
        if not self.values:
            return pa.nulls(rows, kind)
        validity = _validity(&self.valid, &self.room, self.values, rows)
        return pa.Array.from_buffers(kind, rows, [validity], rows - self.values, 0, children)


cdef class Ends:
    def __init__(self, int64_t expected):
        self.expected = expected

    def __dealloc__(self):
        free(self.ends)

    cdef bint put(self, int64_t row, int64_t end) noexcept nogil:
        """Say how many items there are up to a row. False where there is no memory."""
        cdef int32_t* ends
        cdef int32_t last
        if row + 2 > self.room or self.ends == NULL:
            ends = <int32_t*>_grown(self.ends, &self.room, row + 2, self.expected + 1, sizeof(int32_t))
            if ends == NULL:
                return False
            self.ends = ends
            if self.rows == 0:
                ends[0] = 0
        last = self.ends[self.rows]
        while self.rows < row:
            self.rows += 1
            self.ends[self.rows] = last
        self.rows = row + 1
        self.ends[self.rows] = <int32_t>end
        return True

    def list(self, int64_t rows, kind, items):
        """Return a list array of the items; rows that nothing was said of are empty."""
        cdef int64_t end = self.ends[self.rows] if self.ends != NULL else 0
        if self.rows < rows or self.ends == NULL:
            if rows and not self.put(rows - 1, end):
                raise MemoryError
        ends = _buffer(<void**>&self.ends, 4 * (rows + 1)) if rows else pa.py_buffer(bytes(4))
        return pa.Array.from_buffers(kind, rows, [None, ends], 0, 0, [items])
