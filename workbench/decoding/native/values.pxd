"""A value of a record: bytes that lie somewhere else, and memory for those that had to be made."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcmp


cdef enum:
    TEXT_SAID = 1
    TEXT_CHECKED = 2


cdef struct Value:
    const uint8_t* data  # NULL where there is no value
    int32_t size
    int32_t is_text  # `TEXT_SAID` where its writer says so: a JSON text, a typed header; `TEXT_CHECKED` if it is UTF-8


cdef struct Chunk:
    Chunk* former
    int64_t room


cdef struct Arena:
    Chunk* chunk
    int64_t used
    bint failed  # whether there was no memory: the decoder looks at it once for each record


cdef inline Value nothing() noexcept nogil:
    return Value(NULL, 0, False)


cdef inline uint8_t hex_digit(int value) noexcept nogil:
    """The digit of a value below 16."""
    return <uint8_t>(value + (c"0" if value < 10 else c"a" - 10))


cdef inline bint is_space_or_tab(uint8_t byte) noexcept nogil:
    return byte == c" " or byte == c"\t"


cdef inline bint equal(const Value* left, const Value* right) noexcept nogil:
    """Whether two values have the same bytes, or both are missing."""
    if left.data == NULL or right.data == NULL:
        return left.data == right.data
    return left.size == right.size and memcmp(left.data, right.data, <size_t>left.size) == 0


cdef uint8_t* take(Arena* arena, int64_t size) noexcept nogil
cdef void reset(Arena* arena) noexcept nogil
cdef void release_arena(Arena* arena) noexcept nogil
cdef Value joined(Arena* arena, const Value* parts, int count) noexcept nogil
cdef bint is_bytes(const Value* value, const char* text, int32_t size) noexcept nogil
cdef int compare(const Value* left, const Value* right) noexcept nogil
cdef Value stripped(Value value) noexcept nogil
cdef bint all_hex(const uint8_t* text, int64_t size) noexcept nogil
cdef bint all_lower_hex(const uint8_t* text, int64_t size) noexcept nogil
cdef bint is_uuid(const uint8_t* text, bint* capitals) noexcept nogil
cdef bint not_zero(const uint8_t* digits, int64_t size) noexcept nogil
cdef uint8_t lower(uint8_t letter) noexcept nogil
