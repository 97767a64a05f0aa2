# cython: language_level=3, boundscheck=False, wraparound=False
"""Brings ids to one spelling, by the rules of `workbench.decoding.ids`: UUIDs in lower case, bytes as hex digits."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy

from workbench.decoding.native.values cimport (
    Arena,
    Value,
    all_hex,
    all_lower_hex,
    hex_digit,
    is_uuid,
    lower,
    nothing,
    take,
)

cdef enum:
    _UUID_SIZE = 36
    _BRACED_SIZE = 38  # {…}
    _URN_SIZE = 45  # urn:uuid:…
    _HEX_SIZE = 32
    _PARENT_SIZE = 55  # version - 32 digits of the trace - 16 of the span - flags

# Where the bytes of a UUID stand when its first three groups are written with the least significant byte first.
cdef int* _LITTLE = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]


cdef Value canonical_id(Arena* arena, Value value) noexcept nogil:
    """Return a UUID in lower case with hyphens where the text is one in a usual spelling; other texts unchanged."""
    cdef const uint8_t* text = value.data
    cdef uint8_t* into
    cdef int at
    cdef bint capitals
    if value.size == _BRACED_SIZE and text[0] == c"{" and text[37] == c"}":
        text += 1
    elif value.size == _URN_SIZE and _is_urn(text):
        text += 9
    elif value.size != _UUID_SIZE:
        return value
    if not is_uuid(text, &capitals):
        return value
    if not capitals:
        return Value(text, _UUID_SIZE, True)
    into = take(arena, _UUID_SIZE)
    if into == NULL:
        return nothing()
    for at in range(_UUID_SIZE):
        into[at] = lower(text[at])
    return Value(into, _UUID_SIZE, True)


cdef Value id_of(Arena* arena, Value value) noexcept nogil:
    """Return the canonical id of a value; bytes that are not UTF-8 become ``hex:`` and their hex digits."""
    cdef uint8_t* into
    cdef int32_t at
    if is_utf8_value(&value):
        return canonical_id(arena, value)
    into = take(arena, 4 + 2 * <int64_t>value.size)
    if into == NULL:
        return nothing()
    memcpy(into, b"hex:", 4)
    for at in range(value.size):
        into[4 + 2 * at] = hex_digit(value.data[at] >> 4)
        into[5 + 2 * at] = hex_digit(value.data[at] & 15)
    return Value(into, 4 + 2 * value.size, True)


cdef bint is_uuid_like(const Value* canonical) noexcept nogil:
    """Whether readers that parse UUIDs accept a canonical id: a UUID, or its 32 hex digits."""
    cdef bint capitals
    if canonical.data == NULL:
        return False
    if canonical.size == _HEX_SIZE:
        return all_hex(canonical.data, _HEX_SIZE)
    return canonical.size == _UUID_SIZE and is_uuid(canonical.data, &capitals)


cdef Value span_of(Value value) noexcept nogil:
    """Return the span id of a text that is a span id or a W3C trace parent, both in lower case."""
    cdef int32_t at
    if value.data == NULL:
        return nothing()
    if value.size == 16:
        return value if all_lower_hex(value.data, 16) else nothing()
    if not is_traceparent(&value):
        return nothing()
    for at in range(_PARENT_SIZE):
        if c"A" <= value.data[at] <= c"F":
            return nothing()
    return Value(value.data + 36, 16, True)


cdef bint is_traceparent(const Value* value) noexcept nogil:
    """Whether a text has the form of a whole W3C trace parent, valid or not."""
    cdef const uint8_t* text = value.data
    cdef int32_t at
    if value.data == NULL or value.size < _PARENT_SIZE:
        return False
    if text[2] != c"-" or text[35] != c"-" or text[52] != c"-":
        return False
    if not (all_hex(text, 2) and all_hex(text + 3, 32) and all_hex(text + 36, 16) and all_hex(text + 53, 2)):
        return False
    if value.size == _PARENT_SIZE:
        return True
    if text[_PARENT_SIZE] != c"-":
        return False
    for at in range(_PARENT_SIZE, value.size):
        if text[at] == c"\n":
            return False
    return True


cdef Value hyphenated(Arena* arena, const Value* digits) noexcept nogil:
    """Write 32 hex digits as a UUID; anything else is unchanged."""
    cdef uint8_t* into
    cdef int at, end = 0
    if digits.size != _HEX_SIZE or not all_hex(digits.data, _HEX_SIZE):
        return digits[0]
    into = take(arena, _UUID_SIZE)
    if into == NULL:
        return nothing()
    for at in range(_HEX_SIZE):
        if at == 8 or at == 12 or at == 16 or at == 20:
            into[end] = c"-"
            end += 1
        into[end] = lower(digits.data[at])
        end += 1
    return Value(into, _UUID_SIZE, True)


cdef Value uuid_of_bytes(Arena* arena, const Value* value, bint little) noexcept nogil:
    """Write 16 bytes as a UUID, in network order or in that of .NET."""
    cdef uint8_t[32] digits
    cdef uint8_t byte
    cdef int at
    cdef Value text
    for at in range(16):
        byte = value.data[_LITTLE[at] if little else at]
        digits[2 * at] = hex_digit(byte >> 4)
        digits[2 * at + 1] = hex_digit(byte & 15)
    text = Value(<const uint8_t*>&digits[0], _HEX_SIZE, True)
    return hyphenated(arena, &text)


cdef inline bint _is_urn(const uint8_t* text) noexcept nogil:
    cdef const char* urn = b"urn:uuid:"
    cdef int at
    for at in range(9):
        if lower(text[at]) != <uint8_t>urn[at]:
            return False
    return True
