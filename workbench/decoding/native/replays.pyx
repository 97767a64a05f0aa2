# cython: language_level=3, boundscheck=False, wraparound=False
"""Writes the headers of replays as one JSON object, its members in the order of their names."""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t
from libc.string cimport memcpy

from workbench.buffers.utf8 cimport utf8_size
from workbench.decoding.native.copies cimport read_integer
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.filters cimport decimal_text
from workbench.decoding.native.program cimport text_of
from workbench.decoding.native.values cimport Value, hex_digit, is_space_or_tab, nothing, take

cdef enum Form:
    AS_TEXT, AS_NUMBER, AS_LIST


cdef struct Text:  # JSON text while it is written
    uint8_t* data
    int64_t size


cdef Value replay_text(Facts facts) noexcept nogil:
    """Return the marks of a replay as JSON text; no value where there are none."""
    cdef const int32_t* rows = facts.program.lists + facts.program.words.replay
    cdef Value value, name
    cdef Text text
    cdef int64_t room = 2, number
    cdef int at
    for at in range(rows[0]):
        if facts.header(rows[1 + 3 * at], False, &value):
            # Each byte becomes six at most, as an escape; a comma of a list becomes a comma and two quotes.
            room += 6 * <int64_t>value.size + text_of(facts.program, rows[2 + 3 * at]).size + 8
    if room == 2:
        return nothing()
    text = Text(take(&facts.arena, room), 1)
    if text.data == NULL:
        return nothing()
    text.data[0] = c"{"
    for at in range(rows[0]):
        if not facts.header(rows[1 + 3 * at], False, &value):
            continue
        name = text_of(facts.program, rows[2 + 3 * at])
        # Of two headers for one mark, which stand next to each other, the second counts.
        if at + 1 < rows[0] and rows[2 + 3 * (at + 1)] == rows[2 + 3 * at]:
            if facts.header(rows[1 + 3 * (at + 1)], False, &value):
                continue
        if text.size > 1:
            _byte(&text, c",")
        _string(&text, &name)
        _byte(&text, c":")
        if rows[3 + 3 * at] == AS_NUMBER and read_integer(&value, INT64_MAX, &number):
            name = decimal_text(&facts.arena, number)
            memcpy(text.data + text.size, name.data, <size_t>name.size)
            text.size += name.size
        elif rows[3 + 3 * at] == AS_LIST:
            _list(&text, &value)
        else:
            _string(&text, &value)
    _byte(&text, c"}")
    return Value(text.data, <int32_t>text.size, True)


cdef void _list(Text* text, const Value* value) noexcept nogil:
    """Write what stands between commas as a list of texts without the blanks around them."""
    cdef int32_t start = 0, stop, at
    cdef Value part
    _byte(text, c"[")
    while True:
        at = start
        while at < value.size and value.data[at] != c",":
            at += 1
        stop = at
        while start < stop and is_space_or_tab(value.data[start]):
            start += 1
        while start < stop and is_space_or_tab(value.data[stop - 1]):
            stop -= 1
        part = Value(value.data + start, stop - start, value.is_text)
        _string(text, &part)
        if at >= value.size:
            break
        _byte(text, c",")
        start = at + 1
    _byte(text, c"]")


cdef void _string(Text* text, const Value* value) noexcept nogil:
    """Write a JSON string; bytes that are no UTF-8 as ``\\xNN``, whose backslash is escaped."""
    cdef int32_t at
    cdef int size = 0
    cdef uint8_t byte
    _byte(text, c'"')
    for at in range(value.size):
        byte = value.data[at]
        if byte == c'"' or byte == c"\\":
            _byte(text, c"\\")
            _byte(text, byte)
        elif byte < 0x20:
            _control(text, byte)
        elif size > 1:
            size -= 1
            _byte(text, byte)
        elif byte >= 0x80:
            size = utf8_size(value.data, at, value.size)
            if size:
                _byte(text, byte)
                continue
            _byte(text, c"\\")
            _byte(text, c"\\")
            _byte(text, c"x")
            _hex(text, byte)
        else:
            _byte(text, byte)
    _byte(text, c'"')


cdef void _control(Text* text, uint8_t byte) noexcept nogil:
    cdef uint8_t letter = 0
    if byte == 8:
        letter = c"b"
    elif byte == 9:
        letter = c"t"
    elif byte == 10:
        letter = c"n"
    elif byte == 12:
        letter = c"f"
    elif byte == 13:
        letter = c"r"
    _byte(text, c"\\")
    if letter:
        _byte(text, letter)
        return
    _byte(text, c"u")
    _byte(text, c"0")
    _byte(text, c"0")
    _hex(text, byte)


cdef inline void _hex(Text* text, uint8_t byte) noexcept nogil:
    _byte(text, hex_digit(byte >> 4))
    _byte(text, hex_digit(byte & 15))


cdef inline void _byte(Text* text, uint8_t byte) noexcept nogil:
    text.data[text.size] = byte
    text.size += 1
