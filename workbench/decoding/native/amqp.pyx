# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads header values in the encoding of AMQP 1.0, by the rules of `workbench.decoding.conventions.amqp`."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from workbench.decoding.native.filters cimport decimal_text
from workbench.decoding.native.ids cimport is_utf8_value, uuid_of_bytes
from workbench.decoding.native.values cimport Arena, Value, nothing, take

cdef enum:
    # Constructors of the encoding; the sizes of the lengths behind them are 1 byte (…8) and 4 bytes (…32).
    _STRING8 = 0xA1
    _SYMBOL8 = 0xA3
    _STRING32 = 0xB1
    _SYMBOL32 = 0xB3
    _BINARY8 = 0xA0
    _BINARY32 = 0xB0
    _UUID = 0x98
    _ULONG = 0x80
    _LONG = 0x81
    _TIMESTAMP = 0x83
    _RAW_UUID_SIZE = 16


cdef bint amqp_value(Arena* arena, const Value* value, Value* decoded) noexcept nogil:
    """Read a string, symbol, binary, UUID or 8-byte number; false where the bytes are no such encoding."""
    cdef uint8_t code = value.data[0]
    cdef Value raw
    if code == _STRING8 or code == _SYMBOL8 or code == _STRING32 or code == _SYMBOL32:
        if not _content(value, 1 if code < _BINARY32 else 4, decoded) or not is_utf8_value(decoded):
            return False
        decoded.is_text = True
        return True
    if code == _BINARY8 or code == _BINARY32:
        # 16 bytes are a UUID of random bytes rather than 14 bytes of AMQP.
        return value.size != _RAW_UUID_SIZE and _content(value, 1 if code == _BINARY8 else 4, decoded)
    if code == _UUID and value.size == 17:
        raw = Value(value.data + 1, _RAW_UUID_SIZE, False)
        decoded[0] = uuid_of_bytes(arena, &raw, False)
        return decoded.data != NULL
    if (code == _ULONG or code == _LONG or code == _TIMESTAMP) and value.size == 9:
        decoded[0] = _number(arena, value.data + 1, code != _ULONG)
        return decoded.data != NULL
    return False


cdef bint _content(const Value* value, int32_t size_bytes, Value* content) noexcept nogil:
    """Return what stands behind a length; false where the length is another one."""
    cdef int64_t size = 0
    cdef int32_t at
    if value.size < 1 + size_bytes:
        return False
    for at in range(1, 1 + size_bytes):
        size = size << 8 | value.data[at]
    if size != value.size - 1 - size_bytes:
        return False
    content[0] = Value(value.data + 1 + size_bytes, <int32_t>size, False)
    return True


cdef Value _number(Arena* arena, const uint8_t* data, bint signed) noexcept nogil:
    cdef uint64_t number = 0
    cdef int at
    cdef uint8_t* into
    cdef Value text
    for at in range(8):
        number = number << 8 | data[at]
    if signed or not number >> 63:
        return decimal_text(arena, <int64_t>number)
    # Above the signed numbers: the last digit by itself, the others fit.
    text = decimal_text(arena, <int64_t>(number // 10))
    into = take(arena, text.size + 1)
    if text.data == NULL or into == NULL:
        return nothing()
    for at in range(text.size):
        into[at] = text.data[at]
    into[text.size] = <uint8_t>(c"0" + number % 10)
    return Value(into, text.size + 1, True)
