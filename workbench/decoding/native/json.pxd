"""Finds where the known members of a JSON text (RFC 8259) stand, and checks every byte of it."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t

from workbench.decoding.native.members cimport MemberTable

cdef struct Token:
    int32_t start  # in the data; the first byte, of a text its quote
    int32_t stop  # behind the last byte
    uint16_t bit  # of the member that it is the value of
    uint8_t kind
    uint8_t escaped  # whether a text has a backslash
    uint8_t dead  # whether a later member of the same name has taken its place


cdef struct Level:
    int64_t token  # of the object or array itself, -1 where nobody reads it
    int64_t first  # the first token inside
    int16_t node  # number of the object or array among those whose contents are read, -1 for others
    uint8_t closer


# What a text had still to say where it ended too early.
cdef enum Ending:
    WHOLE, IN_TEXT, BEFORE_VALUE, BEFORE_NAME, BEFORE_COLON, BEFORE_COMMA


cdef struct Tokens:
    Token* items
    int64_t count
    int64_t room
    Level* levels  # objects and arrays that are open; kept from one value to the next
    int64_t depth_room
    int32_t* last_of  # of each bit the last token plus one, 0 where there is none
    int64_t members  # different members at the top
    Ending ending  # of a refused text that has no fault but that it ends; `WHOLE` for others
    int64_t ending_at  # where the text begins that has no end; else the end
    int64_t depth  # how many objects and arrays were open there


cdef enum Verdict:
    GOOD, REFUSED, NO_MEMORY


cdef bint prepare(Tokens* tokens, int bits) noexcept
cdef void release(Tokens* tokens) noexcept
cdef void clear(Tokens* tokens) noexcept nogil
cdef Verdict read_value(
    MemberTable table, const uint8_t* data, int64_t at, int64_t stop, Tokens* tokens
) noexcept nogil
cdef bint read_scalar(const uint8_t* data, int64_t size, Token* token) noexcept nogil
