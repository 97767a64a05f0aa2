# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads times to UTC microseconds, by the rules of `workbench.decoding.times`: times of RFC 3339, and numbers."""

from libc.stdint cimport int64_t, uint8_t

from workbench.decoding import times as rules
from workbench.decoding.native.values cimport Value

cdef extern from *:
    """
    typedef __int128 wb_wide;
    static inline wb_wide wb_floor_thousand(wb_wide number) {
        return number / 1000 - (number % 1000 < 0);
    }
    """
    # Thirty digits fit. Nanoseconds of the year 9999 do not fit 64 bits. Cython sees a long; C sees 128 bits.
    ctypedef long long wb_wide
    wb_wide wb_floor_thousand(wb_wide number) nogil

cdef enum Parser:
    RFC3339, RFC3339_OR_UTC, NSERVICEBUS, EPOCH_MS, EPOCH_S, EPOCH_US, EPOCH_NS, AUTO

NAMES = dict(zip(rules.PARSERS, range(len(rules.PARSERS)), strict=True))
"""Numbers of the parsers, in the order of `Parser`."""

cdef enum:
    _SECONDS_SIZE = 19
    _LONGEST_FRACTION = 9
    _MOST_DIGITS = 30

cdef int64_t _EARLIEST_US = rules.EARLIEST_US
cdef int64_t _LATEST_US = rules.LATEST_US
cdef int64_t _PLAUSIBLE_FROM_US = rules.PLAUSIBLE_FROM_US
cdef int64_t _PLAUSIBLE_TO_US = rules.PLAUSIBLE_TO_US
cdef int64_t _SECONDS_BELOW = rules.AUTO_LIMITS[0][0]
cdef int64_t _MILLIS_BELOW = rules.AUTO_LIMITS[1][0]
cdef int64_t _MICROS_BELOW = rules.AUTO_LIMITS[2][0]


cdef int parse_time(const Value* text, int parser, int64_t* micros) noexcept nogil:
    """Read a time and return its faults; after `BAD_TIME` the microseconds say nothing."""
    cdef bint unzoned = False
    cdef wb_wide number = 0
    cdef int faults = 0
    if text.data == NULL:
        return BAD_TIME
    if parser >= EPOCH_MS and _integer(text, &number):
        if not _scaled(number, parser, micros):
            return BAD_TIME
    elif EPOCH_MS <= parser <= EPOCH_NS:
        return BAD_TIME
    elif parser == NSERVICEBUS and _nservicebus(text, micros):
        pass
    elif _read(text, micros, &unzoned):
        if unzoned:
            if parser == RFC3339 or parser == NSERVICEBUS:
                return BAD_TIME
            faults = ZONE_ASSUMED
    else:
        return BAD_TIME
    if not _EARLIEST_US <= micros[0] <= _LATEST_US:
        return BAD_TIME
    return faults if _PLAUSIBLE_FROM_US <= micros[0] < _PLAUSIBLE_TO_US else faults | IMPLAUSIBLE


cdef bint _integer(const Value* text, wb_wide* number) noexcept nogil:
    """Read ``-?[0-9]{1,30}``; false for other texts."""
    cdef bint minus = text.size > 0 and text.data[0] == c"-"
    cdef int at
    if not 1 <= text.size - minus <= _MOST_DIGITS:
        return False
    number[0] = 0
    for at in range(minus, text.size):
        if not c"0" <= text.data[at] <= c"9":
            return False
        number[0] = number[0] * 10 + (text.data[at] - c"0")
    if minus:
        number[0] = -number[0]
    return True


cdef bint _scaled(wb_wide number, int parser, int64_t* micros) noexcept nogil:
    """Bring a number to microseconds; false where they do not fit the column."""
    cdef wb_wide size = -number if number < 0 else number
    if parser == AUTO:
        parser = EPOCH_S if size < _SECONDS_BELOW else EPOCH_MS if size < _MILLIS_BELOW else (
            EPOCH_US if size < _MICROS_BELOW else EPOCH_NS
        )
    if parser == EPOCH_NS:
        # Down, as the other parsers cut what is smaller than a microsecond.
        number = wb_floor_thousand(number)
    elif parser == EPOCH_S:
        number = number * 1_000_000
    elif parser == EPOCH_MS:
        number = number * 1_000
    if number < _EARLIEST_US or number > _LATEST_US:
        return False
    micros[0] = <int64_t>number
    return True


cdef bint _nservicebus(const Value* text, int64_t* micros) noexcept nogil:
    """Read ``YYYY-MM-DD HH:MM:SS:ffffff Z``."""
    cdef int64_t seconds, fraction = 0
    cdef const uint8_t* data = text.data
    cdef int at
    if text.size != 28 or data[10] != c" " or data[19] != c":" or data[26] != c" " or data[27] != c"Z":
        return False
    for at in range(20, 26):
        if not c"0" <= data[at] <= c"9":
            return False
        fraction = 10 * fraction + data[at] - c"0"
    if not _seconds(data, &seconds):
        return False
    micros[0] = seconds * 1_000_000 + fraction
    return True


cdef bint _read(const Value* text, int64_t* micros, bint* unzoned) noexcept nogil:
    """Read one time; false where it has another form. The size is checked before each byte is looked at."""
    cdef int64_t seconds, fraction = 0, zone = 0, at = _SECONDS_SIZE
    cdef int digits = 0
    if text.size < _SECONDS_SIZE or not _seconds(text.data, &seconds):
        return False
    if at < text.size and text.data[at] == c".":
        at += 1
        while at < text.size and c"0" <= text.data[at] <= c"9":
            digits += 1
            # Nanoseconds are cut, never rounded.
            if digits <= 6:
                fraction = 10 * fraction + text.data[at] - c"0"
            at += 1
        if not 1 <= digits <= _LONGEST_FRACTION:
            return False
        while digits < 6:
            fraction *= 10
            digits += 1
    unzoned[0] = at == text.size
    if not unzoned[0] and not _zone(text.data + at, text.size - at, &zone):
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
    """Days since 1970 of a proleptic Gregorian date above year 0 (Hinnant, chrono-compatible date algorithms)."""
    cdef int64_t shifted = year - (month <= 2)
    cdef int64_t era = shifted // 400
    cdef int64_t of_era = shifted - era * 400
    cdef int64_t of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
