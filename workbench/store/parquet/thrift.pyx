# cython: language_level=3, boundscheck=False, wraparound=False
"""Writes Thrift's compact protocol: fields by number and kind, each number relative to the one before in its struct."""

from libc.stdint cimport int16_t, int64_t, uint8_t

from workbench.store.parquet.output cimport Output, put_byte, zigzag

cdef enum:
    _KIND_TRUE = 1
    _KIND_FALSE = 2
    _KIND_BYTE = 3
    _LONG_LIST = 15  # in place of a size: it follows as a number of its own


cdef class Thrift(Output):
    """Structs with their fields in ascending order. The outermost one is open at first, and `end` closes it too."""

    cdef void clear(self) noexcept nogil:
        """Begin another outermost struct in the same memory."""
        self.size = 0
        self.depth = 0
        self.fields[0] = 0

    cdef void put_field(self, int16_t number, uint8_t kind) noexcept nogil:
        cdef int step = number - self.fields[self.depth]
        if 0 < step < 16:
            put_byte(self, <uint8_t>(step << 4 | kind))
        else:
            put_byte(self, kind)
            self.put_varint(zigzag(number))
        self.fields[self.depth] = number

    cdef void put_int(self, int16_t number, int64_t value) noexcept nogil:
        self.put_field(number, KIND_INT)
        self.put_varint(zigzag(value))

    cdef void put_long(self, int16_t number, int64_t value) noexcept nogil:
        self.put_field(number, KIND_LONG)
        self.put_varint(zigzag(value))

    cdef void put_flag(self, int16_t number, bint value) noexcept nogil:
        self.put_field(number, _KIND_TRUE if value else _KIND_FALSE)

    cdef void put_int8(self, int16_t number, uint8_t value) noexcept nogil:
        self.put_field(number, _KIND_BYTE)
        put_byte(self, value)

    cdef void put_content(self, int16_t number, const void* content, int64_t size) noexcept nogil:
        """Put a field of bytes or text."""
        self.put_field(number, KIND_CONTENT)
        self.put_item(content, size)

    cdef void put_item(self, const void* content, int64_t size) noexcept nogil:
        """Put an item of a list of bytes or texts."""
        self.put_varint(<unsigned long long>size)
        self.put(content, size)

    cdef void begin_list(self, int16_t number, uint8_t kind, int64_t items) noexcept nogil:
        """Begin a list; its items follow without numbers, and nothing ends it."""
        self.put_field(number, KIND_LIST)
        if items < _LONG_LIST:
            put_byte(self, <uint8_t>(items << 4 | kind))
        else:
            put_byte(self, <uint8_t>(_LONG_LIST << 4 | kind))
            self.put_varint(<unsigned long long>items)

    cdef void begin(self, int16_t number) noexcept nogil:
        """Begin a struct as a field."""
        self.put_field(number, KIND_STRUCT)
        self.begin_item()

    cdef void begin_item(self) noexcept nogil:
        """Begin a struct as an item of a list."""
        self.depth += 1
        self.fields[self.depth] = 0

    cdef void end(self) noexcept nogil:
        """End the innermost struct."""
        put_byte(self, 0)
        if self.depth:
            self.depth -= 1

    cdef void put_nothing(self, int16_t number) noexcept nogil:
        """Put an empty struct, which stands for a choice."""
        self.begin(number)
        self.end()
