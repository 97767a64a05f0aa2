# cython: language_level=3, boundscheck=False, wraparound=False
"""Filters of selectors, by the rules of `workbench.decoding.conventions.filters`; a new one is a function and a row.

`NAMES` gives each its number, so that tables of conventions need no other list.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp

from workbench.decoding.native.ids cimport hyphenated, uuid_of_bytes
from workbench.decoding.native.values cimport Arena, Value, nothing, stripped, take

cdef enum Filter:
    BIG_ENDIAN, LITTLE_ENDIAN, UUID, UUID_LITTLE_ENDIAN, URN, TYPE_NAME, POSTGRES_TRANSACTION, ENDPOINT

NAMES = {
    "be": BIG_ENDIAN,
    "le": LITTLE_ENDIAN,
    "uuid": UUID,
    "uuid_le": UUID_LITTLE_ENDIAN,
    "urn": URN,
    "typename": TYPE_NAME,
    "pgtx": POSTGRES_TRANSACTION,
    "endpoint": ENDPOINT,
}

cdef enum:
    _SHORTEST_TEXT = 4  # from this size on, bytes that are all printable are text: as numbers they would be too large
    _LONG_SIZE = 8
    _UUID_BYTES = 16


cdef Value filtered(Arena* arena, int filter, Value value) noexcept nogil:
    """Apply one filter; no value where it cannot read what it is given."""
    if filter == BIG_ENDIAN or filter == LITTLE_ENDIAN:
        return _integer(arena, value, filter == LITTLE_ENDIAN)
    if filter == UUID or filter == UUID_LITTLE_ENDIAN:
        if not value.is_text and value.size == _UUID_BYTES and not _is_printable(&value):
            return uuid_of_bytes(arena, &value, filter == UUID_LITTLE_ENDIAN)
        return hyphenated(arena, &value)
    if filter == URN:
        return _without_urn(value)
    if filter == TYPE_NAME:
        return _type_name(value)
    if filter == ENDPOINT:
        return _endpoint_topic(value)
    return _postgres_transaction(value)


cdef Value _integer(Arena* arena, Value value, bint little) noexcept nogil:
    """Read a signed integer of raw bytes to decimal text; digits, also with a sign, are text already."""
    cdef Value text = _decimal(value)
    cdef uint64_t number = 0
    cdef int32_t at
    if text.data != NULL:
        return text
    if value.is_text or not 1 <= value.size <= _LONG_SIZE or _is_printable(&value):
        return nothing()
    if little and value.size != 4 and value.size != _LONG_SIZE:
        return nothing()
    for at in range(value.size):
        number = number << 8 | value.data[value.size - 1 - at if little else at]
    if value.size < _LONG_SIZE and number >> (8 * value.size - 1):
        number |= ~<uint64_t>0 << (8 * value.size)
    return decimal_text(arena, <int64_t>number)


cdef Value decimal_text(Arena* arena, int64_t number) noexcept nogil:
    """Write an integer in decimal digits."""
    cdef uint8_t[20] digits
    cdef int size = 0, at
    cdef uint64_t rest = <uint64_t>number
    cdef uint8_t* into
    if number < 0:
        rest = 0 - rest
    while rest or not size:
        digits[size] = <uint8_t>(c"0" + rest % 10)
        rest //= 10
        size += 1
    into = take(arena, size + 1)
    if into == NULL:
        return nothing()
    into[0] = c"-"
    for at in range(size):
        into[at + (number < 0)] = digits[size - 1 - at]
    return Value(into, size + (number < 0), True)


cdef Value _decimal(Value value) noexcept nogil:
    """Return the digits of ``[ \\t]*[+-]?[0-9]+[ \\t]*`` with a minus sign; no value for other bytes."""
    cdef const uint8_t* data = value.data
    cdef int32_t at = 0, stop = value.size, first
    cdef bint minus = False
    while at < stop and (data[at] == c" " or data[at] == c"\t"):
        at += 1
    while at < stop and (data[stop - 1] == c" " or data[stop - 1] == c"\t"):
        stop -= 1
    if at < stop and (data[at] == c"+" or data[at] == c"-"):
        minus = data[at] == c"-"
        at += 1
    first = at
    while at < stop and c"0" <= data[at] <= c"9":
        at += 1
    if at < stop or at == first:
        return nothing()
    # A minus sign stands right before the digits, so both are one piece of what was given.
    return Value(data + first - minus, stop - first + minus, True)


cdef bint _is_printable(const Value* value) noexcept nogil:
    cdef int32_t at
    for at in range(value.size):
        if not 0x20 <= value.data[at] <= 0x7E:
            return False
    return value.size >= _SHORTEST_TEXT


cdef Value _without_urn(Value value) noexcept nogil:
    if value.size >= 12 and memcmp(value.data, b"urn:message:", 12) == 0:
        value.data += 12
        value.size -= 12
    return value


cdef Value _type_name(Value value) noexcept nogil:
    """Return the first of a .NET list of assembly-qualified type names, without the assembly."""
    cdef int32_t at
    for at in range(value.size):
        if value.data[at] == c";" or value.data[at] == c",":
            value.size = at
            break
    value = stripped(value)
    value.is_text = False
    return value


cdef Value _endpoint_topic(Value value) noexcept nogil:
    """Return the topic of an address such as ``kafka://topic/orders``; another value unchanged."""
    cdef int32_t at
    value.is_text = False
    for at in range(value.size - 9, -1, -1):
        if memcmp(value.data + at, b"://topic/", 9) == 0:
            value.data += at + 9
            value.size -= at + 9
            break
    return value


cdef Value _postgres_transaction(Value value) noexcept nogil:
    """Return the digits before the colon of ``txid:lsn``; the value unchanged if they are not all digits."""
    cdef int32_t at = 0
    while at < value.size and c"0" <= value.data[at] <= c"9":
        at += 1
    if at == 0 or at == value.size or value.data[at] != c":":
        return value
    return Value(value.data, at, False)
