# cython: language_level=3, boundscheck=False, wraparound=False
"""Recognises the object in which Kafka Connect wraps a value, in its bytes.

Only names are looked at: whether the rest is JSON is seen when it is read.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp

from workbench.decoding.native.escapes cimport unescape
from workbench.decoding.native.json_parts cimport Kind, Text, past_literal, past_space, read_text

cdef enum:
    _LONGEST = 42  # bytes of the longer name, all letters written as escapes


cdef bint is_wrapped(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Whether the object that begins here has the members ``schema`` and ``payload`` and no others."""
    cdef Text text
    cdef uint8_t letters[_LONGEST]
    cdef const uint8_t* name
    cdef int64_t size
    cdef bint schema = False, payload = False
    while True:
        at = past_space(data, at + 1, stop)
        if at >= stop or data[at] != c'"' or not read_text(data, at + 1, stop, &text):
            return False
        name, size = data + text.start, text.stop - text.start
        if text.escaped:
            if size > _LONGEST:
                return False
            name, size = letters, unescape(data + text.start, size, letters)
        if size == 6 and memcmp(name, b"schema", 6) == 0:
            schema = True
        elif size == 7 and memcmp(name, b"payload", 7) == 0:
            payload = True
        else:
            return False
        at = past_space(data, text.stop + 1, stop)
        if at >= stop or data[at] != c":":
            return False
        at = _behind(data, past_space(data, at + 1, stop), stop)
        if at < 0:
            return False
        at = past_space(data, at, stop)
        if at < stop and data[at] == c"}":
            return schema and payload
        if at >= stop or data[at] != c",":
            return False


cdef int64_t _behind(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Return where a value ends, however deep it is, and whether its brackets fit or not; -1 where it has no end."""
    cdef Text text
    cdef Kind kind
    cdef int64_t open = 0
    while at < stop:
        if data[at] == c'"':
            if not read_text(data, at + 1, stop, &text):
                return -1
            at = text.stop + 1
        elif data[at] == c"{" or data[at] == c"[":
            open += 1
            at += 1
        elif data[at] == c"}" or data[at] == c"]":
            open -= 1
            at += 1
        elif open == 0:
            at = past_literal(data, at, stop, &kind)
            if at < 0:
                return -1
        else:
            at += 1
            continue
        if open <= 0:
            return at if open == 0 else -1
    return -1
