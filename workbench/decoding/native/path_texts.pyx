# cython: language_level=3, boundscheck=False, wraparound=False
"""Takes the texts, numbers and words at paths out of JSON objects, as they are written, all rows at once.

Only of values in which every reader finds the same: what needs more care is left to another one, and such rows are told.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, Slice, column_of, gathered, is_null
from workbench.decoding.native.json cimport GOOD, Token, Tokens, prepare, read_value, release
from workbench.decoding.native.json_parts cimport ARRAY, EMPTY, NULL_, NUMBER, OBJECT, TEXT, past_space
from workbench.decoding.native.members cimport MemberTable

cdef enum:
    _DIGITS = 15  # of a decimal number: so many every 64-bit float keeps
    _ZEROS = 5  # behind the point; with more of them numbers are written with an exponent


def path_texts(values, MemberTable table, const int32_t[::1] columns, int32_t count):
    """Return a string column for each path, and a mask of the rows that were read.

    A row is not read if its value is no JSON object, has an escape of a code unit, or an object with two members of one
    name on a path; or if a path leads to an object, an array, a text with escapes, or a number that is written in more
    ways than one: with an exponent, with zeros at its end, or with more digits than a float keeps.

    Args:
        values: Binary array.
        table: The members on the paths.
        columns: For each bit of the table the number of its column, -1 for what only leads on.
        count: Columns.
    """
    cdef Column column = column_of(values)
    cdef Tokens tokens
    cdef int64_t row, rows = column.count
    cdef int32_t at
    cdef Slice* slices = <Slice*>malloc(max(rows * count, 1) * sizeof(Slice))
    read = np.zeros(rows, np.uint8)
    cdef uint8_t[::1] marks = read
    if slices == NULL or not prepare(&tokens, table.bits):
        free(slices)
        raise MemoryError
    try:
        with nogil:
            for row in range(rows):
                for at in range(count):
                    slices[row * count + at] = Slice(0, -1)
                marks[row] = not is_null(&column, row) and _row(
                    table, &tokens, column.data, column.ends[row], column.ends[row + 1], columns, slices + row * count
                )
        return [gathered(column.data, slices + at, rows, count, pa.string()) for at in range(count)], read.view(np.bool_)
    finally:
        free(slices)
        release(&tokens)


cdef bint _row(
    MemberTable table, Tokens* tokens, const uint8_t* data, int64_t start, int64_t stop, const int32_t[::1] columns,
    Slice* slices
) noexcept nogil:
    cdef int64_t number, at = past_space(data, start, stop)
    cdef const Token* token
    if at >= stop or data[at] != c"{" or _has_code_unit(data, at, stop):
        return False
    if read_value(table, data, at, stop, tokens) != GOOD:
        return False
    for number in range(1, tokens.count):
        token = tokens.items + number
        if token.dead:
            return False
        if columns[token.bit] < 0 or token.kind == NULL_:
            continue
        if token.kind == OBJECT or token.kind == ARRAY or token.escaped:
            return False
        if token.kind == NUMBER and not _is_plain(data, token.start, token.stop):
            return False
        if token.kind == TEXT or token.kind == EMPTY:
            slices[columns[token.bit]] = Slice(token.start + 1, token.stop - token.start - 2)
        else:
            slices[columns[token.bit]] = Slice(token.start, token.stop - token.start)
    return True


cdef bint _has_code_unit(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether an escape such as ``\\u00e4`` is in a text. Half of a pair of surrogates makes readers differ."""
    cdef const uint8_t* found
    while at < stop:
        found = <const uint8_t*>memchr(data + at, c"\\", <size_t>(stop - at))
        if found == NULL:
            return False
        at = found - data + 2
        if at - 1 < stop and data[at - 1] == c"u":
            return True
    return False


cdef bint _is_plain(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether every writer writes a number so: a whole one but -0, or a short decimal one without zeros at its end."""
    cdef int64_t point, digits, zeros
    if data[at] == c"-":
        at += 1
        if data[at] == c"0":
            return False
    point = at
    while point < stop and c"0" <= data[point] <= c"9":
        point += 1
    if point == stop:
        return True
    digits = stop - at - 1
    zeros = point + 1
    while zeros < stop and data[zeros] == c"0":
        zeros += 1
    if data[point] != c"." or digits > _DIGITS:
        return False
    if zeros == stop:
        return stop - point == 2
    if zeros - point - 1 > _ZEROS or data[stop - 1] == c"0":
        return False
    for at in range(point + 1, stop):
        if not c"0" <= data[at] <= c"9":
            return False
    return True
