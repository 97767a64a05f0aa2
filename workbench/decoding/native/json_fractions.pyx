# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Numbers with a fraction as JSON: the fewest digits that give the number back, written as Python's ``repr`` does.

The digits are found by Schubfach (Raffaele Giulietti, "The Schubfach way to render doubles", 2020): of the decimals
inside the interval that is rounded to the number it takes the shortest, and of those the closest one.
"""

from libc.math cimport fabs, isfinite, isnan
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from workbench.decoding.native.json_digits cimport MOST_DIGITS, wb_write_digits
from workbench.decoding.native.json_text cimport Sink, put

cdef extern from *:
    """
    #include <stdint.h>
    static inline uint64_t wb_product_to_odd(uint64_t high, uint64_t low, uint64_t factor) {
        unsigned __int128 below = (unsigned __int128)low * factor;
        unsigned __int128 above = (unsigned __int128)high * factor + (uint64_t)(below >> 64);
        return (uint64_t)(above >> 64) | ((uint64_t)above > 1);
    }
    """
    # The highest 64 of 192 bits; the lowest of them is also set where bits below are.
    uint64_t wb_product_to_odd(uint64_t high, uint64_t low, uint64_t factor) nogil

cdef enum:
    _LEAST_POWER = -292
    _MOST_POWER = 324
    _DOUBLE_BITS = 52  # of the fraction
    _DOUBLE_BIAS = 1075
    _FLOAT_BITS = 23
    _FLOAT_BIAS = 150
    _LEAST_POINT = -3  # places of the point that are written without an exponent
    _MOST_POINT = 16

cdef uint64_t _POWERS[2 * (_MOST_POWER - _LEAST_POWER + 1)]  # of ten: 128 bits from the highest one on, rounded up


def _fill_powers():
    for power in range(_LEAST_POWER, _MOST_POWER + 1):
        shift = 127 - (power * 1741647 >> 19)
        over, under = 10 ** max(power, 0) << max(shift, 0), 10 ** max(-power, 0) << max(-shift, 0)
        bits = -(-over // under)
        place = 2 * (power - _LEAST_POWER)
        _POWERS[place], _POWERS[place + 1] = bits >> 64, bits & 0xFFFFFFFFFFFFFFFF


_fill_powers()


cdef struct Digits:
    uint64_t number
    int exponent


cdef bint put_double(Sink* sink, double number) noexcept nogil:
    """Write a number with the fewest digits that give it back; as a text where JSON has no such number."""
    cdef uint64_t bits
    cdef int64_t whole
    cdef double positive = fabs(number)
    memcpy(&bits, &number, 8)
    if not isfinite(number):
        return _put_odd(sink, number)
    if positive < 1e9:
        # Most have few digits. A quotient of two exact numbers is rounded as the text of the same decimal is read.
        whole = <int64_t>(positive * 1e4 + 0.5)
        if <double>whole / 1e4 == positive:
            return _put_digits(sink, bits >> 63, Digits(<uint64_t>whole, -4))
    return _put_digits(
        sink,
        bits >> 63,
        _shortest(bits & ((<uint64_t>1 << _DOUBLE_BITS) - 1), <int>(bits >> _DOUBLE_BITS & 0x7FF), _DOUBLE_BITS, _DOUBLE_BIAS),
    )


cdef bint put_float(Sink* sink, float number) noexcept nogil:
    """Write a number of 32 bits with the fewest digits that give it back."""
    cdef uint32_t bits
    memcpy(&bits, &number, 4)
    if not isfinite(number):
        return _put_odd(sink, number)
    if bits << 1 == 0:
        return _put_digits(sink, bits >> 31, Digits(0, 0))
    return _put_digits(
        sink,
        bits >> 31,
        _shortest(bits & ((1 << _FLOAT_BITS) - 1), <int>(bits >> _FLOAT_BITS & 0xFF), _FLOAT_BITS, _FLOAT_BIAS),
    )


cdef bint _put_odd(Sink* sink, double number) noexcept nogil:
    if isnan(number):
        return put(sink, b'"NaN"', 5)
    return put(sink, b'"Infinity"', 10) if number > 0 else put(sink, b'"-Infinity"', 11)


cdef Digits _shortest(uint64_t fraction, int exponent, int bits, int bias) noexcept nogil:
    """Find the decimal of a number that is not zero, of its parts."""
    cdef uint64_t whole = fraction | <uint64_t>1 << bits if exponent else fraction
    cdef int two = (exponent if exponent else 1) - bias  # the number is whole * 2 ** two
    cdef bint closer = fraction == 0 and exponent > 1  # the next smaller number is half as far away
    cdef bint odd = whole & 1
    cdef int ten, shift
    cdef uint64_t high, low, below, middle, above, part, half
    cdef bint under, over
    if 0 <= -two <= bits and whole & ((<uint64_t>1 << -two) - 1) == 0:
        return Digits(whole >> -two, 0)
    ten = (two * 1262611 - (524031 if closer else 0)) >> 22
    shift = two + (-ten * 1741647 >> 19) + 1
    high, low = _POWERS[2 * (-ten - _LEAST_POWER)], _POWERS[2 * (-ten - _LEAST_POWER) + 1]
    # Four times the number and the ends of what is rounded to it, in units of 10 ** ten.
    below = wb_product_to_odd(high, low, (4 * whole - 2 + closer) << shift) + odd
    middle = wb_product_to_odd(high, low, 4 * whole << shift)
    above = wb_product_to_odd(high, low, (4 * whole + 2) << shift) - odd
    part = middle // 4
    if part >= 10:
        half = part // 10
        under, over = below <= 40 * half, 40 * half + 40 <= above
        if under != over:
            return Digits(half + over, ten + 1)
    under, over = below <= 4 * part, 4 * part + 4 <= above
    if under != over:
        return Digits(part + over, ten)
    half = 4 * part + 2
    over = middle > half or (middle == half and part & 1 == 1)
    return Digits(part + over, ten)


cdef bint _put_digits(Sink* sink, bint negative, Digits found) noexcept nogil:
    """Write digits and where their point is, with at least one digit on each side of it."""
    cdef uint8_t digits[MOST_DIGITS]
    cdef uint8_t text[48]
    cdef int count, point, size = 0
    while found.number and found.number % 10000 == 0:
        found.number //= 10000
        found.exponent += 4
    while found.number and found.number % 10 == 0:
        found.number //= 10
        found.exponent += 1
    count = wb_write_digits(digits, found.number)
    point = count + found.exponent if found.number else 1
    if negative:
        text[0] = c"-"
        size = 1
    if not _LEAST_POINT <= point <= _MOST_POINT:
        text[size] = digits[0]
        size += 1
        if count > 1:
            text[size] = c"."
            memcpy(text + size + 1, digits + 1, <size_t>(count - 1))
            size += count
        text[size], text[size + 1] = c"e", c"-" if point < 1 else c"+"
        point = 1 - point if point < 1 else point - 1
        if point < 10:
            text[size + 2] = c"0"
            size += 1
        return put(sink, text, size + 2 + wb_write_digits(text + size + 2, <uint64_t>point))
    if point <= 0:
        memset(text + size, c"0", <size_t>(2 - point))
        text[size + 1] = c"."
        size += 2 - point
        memcpy(text + size, digits, <size_t>count)
        return put(sink, text, size + count)
    if count <= point:
        memcpy(text + size, digits, <size_t>count)
        memset(text + size + count, c"0", <size_t>(point - count))
        size += point
        text[size], text[size + 1] = c".", c"0"
        return put(sink, text, size + 2)
    memcpy(text + size, digits, <size_t>point)
    size += point
    text[size] = c"."
    memcpy(text + size + 1, digits + point, <size_t>(count - point))
    return put(sink, text, size + 1 + count - point)
