# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Numbers of JSON: integers, the fewest digits that give a number back, exact decimals."""

from libc.math cimport isfinite, isnan, llround
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport strtod

from workbench.decoding.native.json_text cimport Sink, put, put_base64, put_byte

cdef extern from *:
    """
    typedef unsigned __int128 wb_wide;
    """
    ctypedef unsigned long long wb_wide

cdef double _EXACT = 9007199254740992.0  # whole numbers below it are exact


cdef bint put_int(Sink* sink, int64_t number) noexcept nogil:
    """Write an integer."""
    if number < 0:
        return put_byte(sink, c"-") and put_uint(sink, 0 - <uint64_t>number)
    return put_uint(sink, <uint64_t>number)


cdef bint put_uint(Sink* sink, uint64_t number) noexcept nogil:
    """Write an integer without a sign."""
    cdef uint8_t digits[20]
    cdef int at = 20
    while True:
        at -= 1
        digits[at] = <uint8_t>(c"0" + number % 10)
        number //= 10
        if not number:
            return put(sink, digits + at, 20 - at)


cdef bint put_double(Sink* sink, double number) noexcept nogil:
    """Write a number with the fewest digits that give it back; as a text where JSON has no such number."""
    cdef char text[40]
    cdef int digits, size = 0
    cdef int64_t whole, unit = 1
    if not isfinite(number):
        return _put_odd(sink, number)
    # Most are whole or have few digits.
    if -1e15 < number < 1e15 and number == <double><int64_t>number:
        if number == 0 and 1.0 / number < 0:
            return put(sink, b"-0.0", 4)
        return put_int(sink, <int64_t>number) and put(sink, b".0", 2)
    if -1e9 < number < 1e9 and (number > 1e-5 or number < -1e-5):
        # A quotient of two exact numbers is rounded as the text of the same decimal is read.
        for digits in range(1, 5):
            unit *= 10
            whole = llround(number * unit)
            if <double>whole / <double>unit == number:
                return _put_places(sink, whole, unit, digits)
        while digits < 15 and -_EXACT < number * (unit * 10) < _EXACT:
            unit *= 10
            digits += 1
        whole = llround(number * unit)
        if <double>whole / <double>unit == number:
            while whole % 10 == 0:
                whole, unit, digits = whole // 10, unit // 10, digits - 1
            return _put_places(sink, whole, unit, digits)
    for digits in range(16, 18):
        size = snprintf(text, sizeof(text), b"%.*g", digits, number)
        if digits == 17 or strtod(text, NULL) == number:
            break
    return put(sink, text, size)


cdef bint _put_places(Sink* sink, int64_t whole, int64_t unit, int digits) noexcept nogil:
    """Write a number of units, a unit of so many decimals."""
    cdef uint8_t text[20]
    if whole < 0 and not put_byte(sink, c"-"):
        return False
    whole = -whole if whole < 0 else whole
    text[0] = c"."
    write_digits(text + 1, whole % unit, digits)
    return put_uint(sink, <uint64_t>(whole // unit)) and put(sink, text, digits + 1)


cdef bint put_float(Sink* sink, float number) noexcept nogil:
    """Write a number of 32 bits with the fewest digits that give it back."""
    cdef char text[40]
    cdef int digits, size = 0
    if not isfinite(number):
        return _put_odd(sink, number)
    for digits in range(6, 10):
        size = snprintf(text, sizeof(text), b"%.*g", digits, <double>number)
        if digits == 9 or <float>strtod(text, NULL) == number:
            break
    return put(sink, text, size)


cdef bint _put_odd(Sink* sink, double number) noexcept nogil:
    if isnan(number):
        return put(sink, b'"NaN"', 5)
    return put(sink, b'"Infinity"', 10) if number > 0 else put(sink, b'"-Infinity"', 11)


cdef bint put_decimal(Sink* sink, const uint8_t* data, int64_t size, int scale) noexcept nogil:
    """Write a decimal as a text, exactly: a two's complement integer, big-endian, and where its point is."""
    cdef uint8_t text[1100]
    cdef wb_wide number = 0
    cdef bint negative = size and data[0] & 0x80
    cdef int64_t at
    cdef int count = 0, place = sizeof(text)
    if size > 16:
        # Decimals of more than 38 digits are rare, and their size has no bound: they stay bytes.
        return put_base64(sink, data, size)
    for at in range(size):
        number = number << 8 | (<uint8_t>~data[at] if negative else data[at])
    if negative:
        number += 1
    place -= 1
    text[place] = c'"'
    while number or count <= scale:
        if count == scale and scale:
            place -= 1
            text[place] = c"."
        place -= 1
        text[place] = <uint8_t>(c"0" + <int>(number % 10))
        number = number // 10
        count += 1
    if negative:
        place -= 1
        text[place] = c"-"
    place -= 1
    text[place] = c'"'
    return put(sink, text + place, sizeof(text) - place)


cdef void write_digits(uint8_t* text, int64_t number, int count) noexcept nogil:
    """Write the last digits of a number, with zeros before them."""
    cdef int at
    for at in range(count - 1, -1, -1):
        text[at] = <uint8_t>(c"0" + number % 10)
        number //= 10
