# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""JSON text that grows value by value: texts, exact numbers, times, bytes as base64.

What is written is bounded by the size of what is read, so that a few bytes cannot fill the memory.
"""

from libc.math cimport isfinite, isnan, llround
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, realloc, strtod
from libc.string cimport memcpy, memset

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, column_of, is_null
from workbench.buffers.utf8 cimport utf8_size

cdef enum:
    _ROOM = 1 << 14  # bytes of JSON that any value may become
    _UNFOLDS = 64  # and so many for each of its bytes
    _MOST_BYTES = 0x7FFFFFF0  # of one column
    _SCALE = 1000  # the largest of a decimal; schemas are refused above it

cdef extern from *:
    """
    typedef unsigned __int128 wb_wide;
    """
    ctypedef unsigned long long wb_wide

cdef double _EXACT = 9007199254740992.0  # whole numbers below it are exact
cdef uint64_t _EACH = <uint64_t>0x0101010101010101  # a byte in each place of a word
cdef uint8_t _PLAIN[256]
for _byte in range(256):
    _PLAIN[_byte] = 0x20 <= _byte < 0x80 and _byte not in b'"\\'
cdef const char* _HEX = b"0123456789abcdef"
cdef const char* _BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


cdef bint fail(Sink* sink, Fault fault) noexcept nogil:
    """Note the first fault of a value; always false."""
    if sink.fault == WELL:
        sink.fault = fault
    return False


cdef bint more(Sink* sink, int64_t size) noexcept nogil:
    """Make room for so many bytes; false where the value would become too large."""
    cdef int64_t room
    cdef uint8_t* data
    if size < 0 or size > sink.limit - sink.size:
        return fail(sink, LARGE)
    if sink.size + size > sink.room:
        room = max(sink.size + size, sink.room + (sink.room >> 1), 4096)
        data = <uint8_t*>realloc(sink.data, <size_t>room)
        if data == NULL:
            return fail(sink, NO_MEMORY)
        sink.data, sink.room = data, room
    return True


cdef bint put(Sink* sink, const void* data, int64_t size) noexcept nogil:
    """Write JSON that is ready."""
    if sink.quiet:
        return True
    if sink.size + size > sink.room or sink.size + size > sink.limit:
        if not more(sink, size):
            return False
    memcpy(sink.data + sink.size, data, <size_t>size)
    sink.size += size
    return True


cdef bint put_byte(Sink* sink, uint8_t byte) noexcept nogil:
    """Write one byte of JSON."""
    return put(sink, &byte, 1)


cdef bint put_text(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write a text in quotes; a fault where the bytes are not UTF-8."""
    return put_byte(sink, c'"') and put_part(sink, data, size) and put_byte(sink, c'"')


cdef bint put_part(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write a part of a text, without quotes; a fault where the bytes are not UTF-8."""
    cdef int64_t at = 0, run = 0
    cdef int width
    cdef uint8_t byte
    cdef uint64_t word
    cdef uint8_t escape[6]
    while at < size:
        # Most text is plain: eight bytes at a time while there is no quote, backslash, control character or byte
        # above ASCII.
        while size - at >= 8:
            memcpy(&word, data + at, 8)
            if (
                word | ((word ^ _EACH * 0x22) - _EACH) | ((word ^ _EACH * 0x5C) - _EACH) | (word - _EACH * 0x20)
            ) & _EACH * 0x80:
                break
            at += 8
        if at == size:
            break
        byte = data[at]
        if _PLAIN[byte]:
            at += 1
        elif byte >= 0x80:
            width = utf8_size(data, at, size)
            if not width:
                return fail(sink, NOT_UTF8)
            at += width
        else:
            if not put(sink, data + run, at - run):
                return False
            escape[0] = c"\\"
            if byte == c'"' or byte == c"\\":
                escape[1] = byte
                width = 2
            elif byte == c"\n":
                escape[1] = c"n"
                width = 2
            else:
                escape[1], escape[2], escape[3] = c"u", c"0", c"0"
                escape[4], escape[5] = _HEX[byte >> 4], _HEX[byte & 15]
                width = 6
            if not put(sink, escape, width):
                return False
            at += 1
            run = at
    return put(sink, data + run, size - run)


cdef bint put_base64(Sink* sink, const uint8_t* data, int64_t size) noexcept nogil:
    """Write bytes as a text of base64 (RFC 4648, section 4)."""
    cdef int64_t at
    cdef uint8_t* out
    cdef uint64_t three
    if sink.quiet:
        return True
    if size > (<int64_t>1 << 40) or not more(sink, (size + 2) // 3 * 4 + 2):
        return fail(sink, LARGE)
    out = sink.data + sink.size
    out[0] = c'"'
    out += 1
    for at in range(0, size - 2, 3):
        three = <uint64_t>data[at] << 16 | <uint64_t>data[at + 1] << 8 | data[at + 2]
        out[0], out[1] = _BASE64[three >> 18], _BASE64[three >> 12 & 63]
        out[2], out[3] = _BASE64[three >> 6 & 63], _BASE64[three & 63]
        out += 4
    at = size // 3 * 3
    if size - at:
        three = <uint64_t>data[at] << 16 | (<uint64_t>data[at + 1] << 8 if size - at == 2 else 0)
        out[0], out[1] = _BASE64[three >> 18], _BASE64[three >> 12 & 63]
        out[2] = _BASE64[three >> 6 & 63] if size - at == 2 else c"="
        out[3] = c"="
        out += 4
    out[0] = c'"'
    sink.size = out + 1 - sink.data
    return True


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
    _digits(text + 1, whole % unit, digits)
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


cdef int64_t _floor(int64_t number, int64_t unit) noexcept nogil:
    return number // unit - (number % unit < 0)


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
    _digits(text, year, 4)
    text[4] = text[7] = c"-"
    _digits(text + 5, month, 2)
    _digits(text + 8, day, 2)
    return 10


cdef int _write_time(uint8_t* text, int64_t number, int digits) noexcept nogil:
    """Write ``03:04:05.678`` of a number of units since midnight, a unit of so many decimals of a second."""
    cdef int64_t second = _unit(digits)
    cdef int64_t whole = number // second
    _digits(text, whole // 3600, 2)
    _digits(text + 3, whole // 60 % 60, 2)
    _digits(text + 6, whole % 60, 2)
    text[2] = text[5] = c":"
    if not digits:
        return 8
    text[8] = c"."
    _digits(text + 9, number % second, digits)
    return 9 + digits


cdef int64_t _unit(int digits) noexcept nogil:
    return 1 if digits == 0 else 1000 if digits == 3 else 1000000 if digits == 6 else 1000000000


cdef void _digits(uint8_t* text, int64_t number, int count) noexcept nogil:
    cdef int at
    for at in range(count - 1, -1, -1):
        text[at] = <uint8_t>(c"0" + number % 10)
        number //= 10


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


cdef bint put_uuid(Sink* sink, const uint8_t* data) noexcept nogil:
    """Write 16 bytes as a UUID."""
    cdef uint8_t text[38]
    cdef int at, place = 1
    text[0] = text[37] = c'"'
    for at in range(16):
        if at == 4 or at == 6 or at == 8 or at == 10:
            text[place] = c"-"
            place += 1
        text[place], text[place + 1] = _HEX[data[at] >> 4], _HEX[data[at] & 15]
        place += 2
    return put(sink, text, 38)


cdef class ValueReader:
    """Reads the bytes of one format, or of one schema, to JSON text."""

    cdef bint read(self, Bytes* value, Sink* sink) noexcept nogil:
        return fail(sink, UNKNOWN_CODE)

    def read_one(self, const uint8_t[::1] value, int64_t start):
        """Read one value from a byte on: its JSON text or None, the number of the fault, and where it is."""
        cdef Sink sink
        cdef Bytes part
        part.data, part.at, part.stop, part.frame = NULL, start, value.shape[0], start
        if part.stop:
            part.data = &value[0]
        memset(&sink, 0, sizeof(Sink))
        try:
            if _read(self, &part, &sink):
                return (<const char*>sink.data)[:sink.size], 0, 0
            return None, <int>sink.fault, part.at
        finally:
            free(sink.data)


cdef bint _read(ValueReader reader, Bytes* part, Sink* sink) noexcept nogil:
    """Read one value; false, with nothing written, where it has a fault."""
    cdef int64_t before = sink.size, size = part.stop - part.at
    if size < 0:
        part.at = part.stop
        return fail(sink, CUT_OFF)
    sink.fault, sink.quiet = WELL, 0
    sink.steps = _ROOM + reader.room + _UNFOLDS * size
    sink.limit = min(before + sink.steps, _MOST_BYTES)
    if reader.read(part, sink) and (part.at == part.stop or fail(sink, BEHIND)):
        return True
    sink.size = before
    return False


cdef class _Memory:
    """Owns memory that an Arrow buffer points to."""

    cdef void* at

    def __dealloc__(self):
        free(self.at)


def read_rows(values, list readers, const int32_t[::1] which, const int32_t[::1] starts):
    """Read rows of a binary column to JSON text.

    Args:
        values: The column.
        readers: Readers of which rows use some.
        which: For each row the number of its reader; -1 leaves a row out.
        starts: For each row where its value begins behind its frame.

    Returns:
        A string column, null for rows that were left out or have a fault, and ``(row, fault, byte)`` of the faults.
    """
    cdef Column column = column_of(values)
    cdef int64_t rows = column.count, row
    cdef Sink sink
    cdef Bytes part
    cdef ValueReader reader = None
    cdef int32_t current = -1
    cdef list faults = []
    cdef _Memory owner = _Memory()
    ends_array = np.zeros(rows + 1, np.int32)
    known_array = np.zeros(rows, np.uint8)
    cdef int32_t[::1] ends = ends_array
    cdef uint8_t[::1] known = known_array
    memset(&sink, 0, sizeof(Sink))
    try:
        with nogil:
            for row in range(rows):
                if which[row] >= 0 and not is_null(&column, row):
                    if which[row] != current:
                        with gil:
                            current = which[row]
                            reader = readers[current]
                    part.data = column.data
                    part.frame = starts[row]
                    part.at = column.ends[row] + starts[row]
                    part.stop = column.ends[row + 1]
                    if _read(reader, &part, &sink):
                        known[row] = 1
                    else:
                        with gil:
                            faults.append((row, <int>sink.fault, part.at - column.ends[row]))
                ends[row + 1] = <int32_t>sink.size
        owner.at = realloc(sink.data, <size_t>max(sink.size, 1))
        if owner.at != NULL:
            sink.data = NULL
    finally:
        free(sink.data)
    if owner.at == NULL:
        raise MemoryError("there is no room for the decoded values")
    content = pa.foreign_buffer(<uintptr_t>owner.at, sink.size, owner)
    valid = pa.py_buffer(np.packbits(known_array, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), rows, [valid, pa.py_buffer(ends_array), content]), faults
