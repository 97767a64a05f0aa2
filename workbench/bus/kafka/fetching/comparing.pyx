# cython: language_level=3, boundscheck=False, wraparound=False
"""Compares records of Kafka's message format 2 with columns, where they lie: nothing is copied.

The layout of a record is the one that `workbench.bus.kafka.fetching.records` reads.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.buffers.marks cimport OF_RECORD, OF_RUN, WRONG_MARK, Mark, Marks, begins, bytes_of, equal, mark_of
from workbench.buffers.slices cimport Bytes, Column, address, column_of, value_at
from workbench.bus.kafka.fetching.varints cimport read_varint


cdef class Wanted:
    """The records that are wanted, in the memory of their arrays.

    Args:
        keys: Binary array.
        values: Binary array.
        headers: List array of name and value.
        timestamps: Milliseconds of each; None where any is right.
        added: The beginning of the names of headers that are not compared: they were added, whatever they hold; of the
            headers that are wanted those are left out. Empty for none.
        run_mark: Name and value of the added header that all records have once.
        number_mark: Name of the added header that holds the number of a record, once.
        numbers: The number of each record.
    """

    cdef Column keys, values, names, contents
    cdef const int32_t* ends
    cdef const int64_t* timestamps
    cdef const int64_t* numbers
    cdef Bytes added
    cdef Marks marks
    cdef int64_t count
    cdef object _held

    def __init__(
        self, keys, values, headers, const int64_t[::1] timestamps, bytes added not None=b"",
        tuple run_mark not None=(b"", b""), bytes number_mark not None=b"", const int64_t[::1] numbers=None
    ):
        cdef bytes name = run_mark[0], content = run_mark[1]
        pairs, ends = headers.values.flatten(), headers.offsets
        self._held = (keys, values, headers, pairs, ends, timestamps, added, name, content, number_mark, numbers)
        self.count = len(keys)
        if headers.null_count or len(values) != self.count or len(headers) != self.count:
            raise ValueError("every record needs a key, a value and a list of headers; lists are not null")
        if timestamps is not None and timestamps.shape[0] != self.count:
            raise ValueError("every record needs a timestamp")
        if added and (numbers is None or numbers.shape[0] != self.count):
            raise ValueError("every record needs a number")
        self.timestamps = &timestamps[0] if timestamps is not None and self.count else NULL
        self.numbers = &numbers[0] if numbers is not None and self.count else NULL
        self.keys, self.values = column_of(keys), column_of(values)
        self.names, self.contents = column_of(pairs[0]), column_of(pairs[1])
        self.ends = <const int32_t*>address(ends.buffers()[1]) + <int64_t>ends.offset
        self.added = bytes_of(added)
        self.marks.run_name, self.marks.run = bytes_of(name), bytes_of(content)
        self.marks.number_name = bytes_of(number_mark)

    def __len__(self):
        return self.count

    def lie_in(self, places):
        """Tell whether some batches hold these records, all of them and in this order, and nothing else.

        Args:
            places: Of each batch the bytes of its records, their number, and the timestamp their deltas count from. A
                place is asked for when the one before it was compared; None where it cannot be told.
        """
        cdef int64_t count, base, row = 0
        cdef const uint8_t[::1] data
        cdef bint found
        for place in places:
            if place is None:
                return False
            data, count, base = place
            if not 0 <= count <= self.count - row or (count and not data.shape[0]):
                return False
            with nogil:
                found = self._batch(&data[0] if count else NULL, data.shape[0], row, count, base)
            if not found:
                return False
            row += count
        return row == self.count

    cdef bint _batch(self, const uint8_t* data, int64_t stop, int64_t row, int64_t count, int64_t base) noexcept nogil:
        cdef int64_t number, size, delta, offset, end, at = 0
        for number in range(count):
            if not read_varint(data, &at, stop, &size) or not 1 <= size <= stop - at:
                return False
            end = at + size
            at += 1  # attributes: format 2 uses none of their bits
            if not read_varint(data, &at, end, &delta) or not read_varint(data, &at, end, &offset):
                return False
            if offset != number or (self.timestamps != NULL and base + delta != self.timestamps[row]):
                return False
            if not _holds(data, &at, end, &self.keys, row) or not _holds(data, &at, end, &self.values, row):
                return False
            if not self._headers(data, &at, end, row) or at != end:
                return False
            row += 1
        return at == stop

    cdef bint _headers(self, const uint8_t* data, int64_t* at, int64_t end, int64_t row) noexcept nogil:
        """Whether the headers of a record are the wanted ones, in their order, and besides only added ones."""
        cdef int64_t count, number, wanted = self.ends[row], last = self.ends[row + 1]
        cdef int64_t of_run = 0, of_record = 0
        cdef Bytes name, content
        cdef Mark mark
        if not read_varint(data, at, end, &count) or count < 0:
            return False
        for number in range(count):
            if not _field(data, at, end, &name) or not _field(data, at, end, &content) or name.at == NULL:
                return False
            if self.added.size and begins(name, self.added):
                mark = mark_of(&self.marks, name, content, self.numbers[row])
                if mark == WRONG_MARK:
                    return False
                of_run += mark == OF_RUN
                of_record += mark == OF_RECORD
                continue
            while wanted < last and self.added.size and begins(value_at(&self.names, wanted), self.added):
                wanted += 1
            if wanted == last:
                return False
            if not equal(name, value_at(&self.names, wanted)) or not equal(content, value_at(&self.contents, wanted)):
                return False
            wanted += 1
        while wanted < last and self.added.size and begins(value_at(&self.names, wanted), self.added):
            wanted += 1
        return wanted == last and (self.added.size == 0 or (of_run == 1 and of_record == 1))


cdef inline bint _field(const uint8_t* data, int64_t* at, int64_t end, Bytes* found) noexcept nogil:
    """Read a length and step over that many bytes; -1 is null, and a length beyond ``end`` is none."""
    cdef int64_t size
    if not read_varint(data, at, end, &size) or not -1 <= size <= end - at[0]:
        return False
    found.at, found.size = NULL, 0
    if size >= 0:
        found.at, found.size = data + at[0], size
        at[0] += size
    return True


cdef inline bint _holds(const uint8_t* data, int64_t* at, int64_t end, const Column* column, int64_t row) noexcept nogil:
    cdef Bytes found
    return _field(data, at, end, &found) and equal(found, value_at(column, row))
