# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Numbers of JSON: integers and exact decimals."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from workbench.decoding.native.json_digits cimport MOST_DIGITS, wb_write_digits
from workbench.decoding.native.json_text cimport Sink, put, put_base64, put_byte

cdef enum:
    _MOST_DECIMAL_BYTES = 128  # 308 digits
    _LIMBS = 33  # of 32 bits, for so many bytes and a carry
    _LIMB_DIGITS = 9  # that one division gives


cdef bint put_int(Sink* sink, int64_t number) noexcept nogil:
    """Write an integer."""
    if number < 0:
        return put_byte(sink, c"-") and put_uint(sink, 0 - <uint64_t>number)
    return put_uint(sink, <uint64_t>number)


cdef bint put_uint(Sink* sink, uint64_t number) noexcept nogil:
    """Write an integer without a sign."""
    cdef uint8_t digits[MOST_DIGITS]
    return put(sink, digits, wb_write_digits(digits, number))


cdef bint put_decimal(Sink* sink, const uint8_t* data, int64_t size, int scale) noexcept nogil:
    """Write a decimal as a text, exactly: a two's complement integer, big-endian, and where its point is."""
    cdef uint8_t text[1100]
    cdef uint32_t limbs[_LIMBS]
    cdef bint negative = size and data[0] & 0x80
    cdef uint8_t fill = 0xFF if negative else 0
    cdef uint32_t digits = 0
    cdef int used = 0, left = 0, count = 0, place = sizeof(text)
    while size > 1 and data[0] == fill and (data[1] ^ fill) < 0x80:
        data += 1
        size -= 1
    if size > _MOST_DECIMAL_BYTES:
        # Nobody writes such decimals, and their size has no bound: they stay bytes.
        return put_base64(sink, data, size)
    used = _to_limbs(limbs, data, size, fill)
    place -= 1
    text[place] = c'"'
    while used or digits or count <= scale:
        if not left:
            digits, left = _divide(limbs, &used), _LIMB_DIGITS
        if count == scale and scale:
            place -= 1
            text[place] = c"."
        place -= 1
        text[place] = <uint8_t>(c"0" + digits % 10)
        digits //= 10
        count += 1
        left -= 1
    if negative:
        place -= 1
        text[place] = c"-"
    place -= 1
    text[place] = c'"'
    return put(sink, text + place, sizeof(text) - place)


cdef int _to_limbs(uint32_t* limbs, const uint8_t* data, int64_t size, uint8_t fill) noexcept nogil:
    """Make the size of an integer of its bytes, the lowest limb first; returns how many limbs it has."""
    cdef int64_t at
    cdef uint64_t carry = 1 if fill else 0
    cdef int used = 0
    memset(limbs, 0, _LIMBS * sizeof(uint32_t))
    for at in range(size):
        limbs[at >> 2] |= <uint32_t>(<uint8_t>(data[size - 1 - at] ^ fill)) << (8 * (at & 3))
    for at in range(_LIMBS):
        carry += limbs[at]
        limbs[at] = <uint32_t>carry
        carry >>= 32
        if limbs[at]:
            used = <int>at + 1
    return used


cdef uint32_t _divide(uint32_t* limbs, int* used) noexcept nogil:
    """Divide by 10 ** 9; returns what remains."""
    cdef uint64_t rest = 0
    cdef int at
    for at in range(used[0] - 1, -1, -1):
        rest = rest << 32 | limbs[at]
        limbs[at] = <uint32_t>(rest // 1000000000)
        rest %= 1000000000
    while used[0] and limbs[used[0] - 1] == 0:
        used[0] -= 1
    return <uint32_t>rest


cdef void write_digits(uint8_t* text, int64_t number, int count) noexcept nogil:
    """Write the last digits of a number, with zeros before them."""
    cdef int at
    for at in range(count - 1, -1, -1):
        text[at] = <uint8_t>(c"0" + number % 10)
        number //= 10
