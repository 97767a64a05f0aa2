# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Dates and times of JSON, as RFC 3339 writes them; numbers where the calendar has none."""

from libc.stdint cimport int64_t, uint8_t

from workbench.decoding.native.json_numbers cimport put_int, write_digits
from workbench.decoding.native.json_text cimport Sink, put


cdef bint put_date(Sink* sink, int64_t days) noexcept nogil:
    """Write a date; the number where the calendar has none."""
    cdef uint8_t text[12]
    text[0] = text[11] = c'"'
    return put(sink, text, 12) if _write_date(text + 1, days) else put_int(sink, days)


cdef bint put_time(Sink* sink, int64_t number, int digits) noexcept nogil:
    """Write a time of day; the number where a day has none."""
    cdef uint8_t text[24]
    cdef int size
    if not 0 <= number < 86400 * _unit(digits):
        return put_int(sink, number)
    size = _write_time(text + 1, number, digits)
    text[0] = text[size + 1] = c'"'
    return put(sink, text, size + 2)


cdef bint put_timestamp(Sink* sink, int64_t number, int digits, bint utc) noexcept nogil:
    """Write a time as RFC 3339 does; the number outside of the years 1 to 9999."""
    cdef uint8_t text[40]
    cdef int64_t day = 86400 * _unit(digits)
    cdef int64_t days = _floor(number, day)
    cdef int size
    if not _write_date(text + 1, days):
        return put_int(sink, number)
    text[0], text[11] = c'"', c"T"
    size = 12 + _write_time(text + 12, number - days * day, digits)
    if utc:
        text[size] = c"Z"
        size += 1
    text[size] = c'"'
    return put(sink, text, size + 1)


cdef int _write_date(uint8_t* text, int64_t days) noexcept nogil:
    """Write ``2026-01-02``; 0 outside of the years 1 to 9999. Days and civil dates as Howard Hinnant describes."""
    cdef int64_t z, era, day_of_era, year_of_era, year, day_of_year, shifted, month, day
    if not -719162 <= days <= 2932896:
        return 0
    z = days + 719468
    era = z // 146097
    day_of_era = z - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    write_digits(text, year, 4)
    text[4] = text[7] = c"-"
    write_digits(text + 5, month, 2)
    write_digits(text + 8, day, 2)
    return 10


cdef int _write_time(uint8_t* text, int64_t number, int digits) noexcept nogil:
    """Write ``03:04:05.678`` of a number of units since midnight, a unit of so many decimals of a second."""
    cdef int64_t second = _unit(digits)
    cdef int64_t whole = number // second
    write_digits(text, whole // 3600, 2)
    write_digits(text + 3, whole // 60 % 60, 2)
    write_digits(text + 6, whole % 60, 2)
    text[2] = text[5] = c":"
    if not digits:
        return 8
    text[8] = c"."
    write_digits(text + 9, number % second, digits)
    return 9 + digits


cdef int64_t _unit(int digits) noexcept nogil:
    return 1 if digits == 0 else 1000 if digits == 3 else 1000000 if digits == 6 else 1000000000


cdef int64_t _floor(int64_t number, int64_t unit) noexcept nogil:
    return number // unit - (number % unit < 0)
