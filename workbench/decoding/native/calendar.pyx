# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads calendar times of whole columns: ``YYYY-MM-DD HH:MM:SS`` with a fraction and a zone, as in RFC 3339."""

from libc.stdint cimport int64_t, uint8_t

import numpy as np

from workbench.buffers.slices cimport Column, column_of

cdef enum:
    _SECONDS_SIZE = 19
    _LONGEST_FRACTION = 9

cdef struct Text:
    const uint8_t* letters
    int64_t size


def calendar_times(texts):
    """Read the times of a string column.

    Returns:
        Microseconds since 1970 UTC (int64), which texts were read, and which of those name no zone (both bool).
        What has another form, or names no day or second that exists, is not read.
    """
    cdef Column column = column_of(texts)
    cdef int64_t at
    cdef Text text
    cdef bint unzoned
    micros = np.zeros(column.count, np.int64)
    read, assumed = np.zeros(column.count, np.bool_), np.zeros(column.count, np.bool_)
    cdef int64_t[::1] micros_at = micros
    cdef uint8_t[::1] read_at = read.view(np.uint8)
    cdef uint8_t[::1] assumed_at = assumed.view(np.uint8)
    with nogil:
        for at in range(column.count):
            text.letters = column.data + column.ends[at]
            text.size = column.ends[at + 1] - column.ends[at]
            unzoned = False
            read_at[at] = _read(&text, &micros_at[at], &unzoned)
            assumed_at[at] = read_at[at] and unzoned
    return micros, read, assumed


cdef bint _read(const Text* text, int64_t* micros, bint* unzoned) noexcept nogil:
    """Read one time; false where it has another form. The size is checked before each byte is looked at."""
    cdef int64_t seconds, fraction = 0, zone = 0, at = _SECONDS_SIZE
    cdef int digits = 0
    if text.size < _SECONDS_SIZE or not _seconds(text.letters, &seconds):
        return False
    if at < text.size and text.letters[at] == c".":
        at += 1
        while at < text.size and c"0" <= text.letters[at] <= c"9":
            digits += 1
            # Nanoseconds are cut, never rounded.
            if digits <= 6:
                fraction = 10 * fraction + text.letters[at] - c"0"
            at += 1
        if not 1 <= digits <= _LONGEST_FRACTION:
            return False
        while digits < 6:
            fraction *= 10
            digits += 1
    unzoned[0] = at == text.size
    if not unzoned[0] and not _zone(text.letters + at, text.size - at, &zone):
        return False
    micros[0] = (seconds - zone) * 1_000_000 + fraction
    return True


cdef bint _seconds(const uint8_t* letters, int64_t* seconds) noexcept nogil:
    """Read the day and time of day; false where they do not exist."""
    cdef int year, month, day, hour, minute, second, longest
    if letters[4] != c"-" or letters[7] != c"-" or letters[13] != c":" or letters[16] != c":":
        return False
    if letters[10] != c"T" and letters[10] != c"t" and letters[10] != c" ":
        return False
    year, month, day = _pair(letters) * 100 + _pair(letters + 2), _pair(letters + 5), _pair(letters + 8)
    hour, minute, second = _pair(letters + 11), _pair(letters + 14), _pair(letters + 17)
    if _pair(letters) < 0 or _pair(letters + 2) < 0 or year < 1 or not 1 <= month <= 12:
        return False
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return False
    # Odd months up to July and even ones from August have 31 days. The second 60 of a leap second is not read.
    longest = 30 + ((month + (month > 7)) & 1)
    if month == 2:
        longest = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    if not 1 <= day <= longest:
        return False
    seconds[0] = _days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    return True


cdef inline bint _zone(const uint8_t* letters, int64_t size, int64_t* seconds) noexcept nogil:
    """Read ``Z`` or ``+HH:MM`` to seconds east of UTC."""
    cdef int hours, minutes
    if size == 1:
        return letters[0] == c"Z" or letters[0] == c"z"
    if size != 6 or letters[3] != c":" or (letters[0] != c"+" and letters[0] != c"-"):
        return False
    hours, minutes = _pair(letters + 1), _pair(letters + 4)
    if not (0 <= hours <= 23 and 0 <= minutes <= 59):
        return False
    seconds[0] = hours * 3_600 + minutes * 60
    if letters[0] == c"-":
        seconds[0] = -seconds[0]
    return True


cdef inline int _pair(const uint8_t* letters) noexcept nogil:
    """Value of two digits, below zero for anything else."""
    if not (c"0" <= letters[0] <= c"9" and c"0" <= letters[1] <= c"9"):
        return -1
    return (letters[0] - c"0") * 10 + letters[1] - c"0"


cdef inline int64_t _days(int64_t year, int64_t month, int64_t day) noexcept nogil:
    """Days since 1970 of a proleptic Gregorian date (Howard Hinnant, chrono-compatible date algorithms); year above 0."""
    cdef int64_t shifted = year - (month <= 2)
    cdef int64_t era = shifted // 400
    cdef int64_t of_era = shifted - era * 400
    cdef int64_t of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
