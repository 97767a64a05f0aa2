"""Finds where the known members of a JSON object (RFC 8259) stand, and checks every byte of it."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

from workbench.decoding.native.members cimport MemberTable

# The kinds of JSON values, numbered here once: Python reads them as `json.Kind`. EMPTY is the text without letters.
cpdef enum Kind:
    ABSENT, NULL_, EMPTY, TEXT, BOOLEAN, NUMBER, OBJECT, ARRAY


cdef struct Token:
    int32_t start  # in the data of the column; the first byte, of a text its quote
    int32_t stop  # behind the last byte
    uint16_t bit  # of the member that it is the value of
    uint8_t kind
    uint8_t escaped  # whether a text has a backslash


cdef struct Tokens:
    Token* items
    int64_t count
    int64_t room


cdef enum Verdict:
    GOOD, REFUSED, NO_MEMORY


cdef Verdict read_members(
    MemberTable table, const uint8_t* data, int64_t at, int64_t stop, Tokens* tokens, int64_t* mask, int64_t* members
) noexcept nogil

cdef int32_t unescape(const uint8_t* text, int64_t size, uint8_t* into) noexcept nogil
