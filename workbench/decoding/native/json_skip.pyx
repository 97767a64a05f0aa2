# cython: language_level=3, boundscheck=False, wraparound=False
"""Steps over JSON objects and arrays that nobody reads: most of a record is its payload.

Every byte is checked as in `json`, but nothing is noted: the state is one bit for each object or array that is open.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from workbench.decoding.native.json_parts cimport Kind, Text, past_literal, past_space, read_text

cdef enum:
    _DEEPEST = 64  # bits of the state


cdef int64_t past_value(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Return where the object or array that begins at ``at`` ends.

    It is -1 where the bytes are no JSON, or are nested deeper than there are bits: then they have to be read member by
    member, which finds the fault.
    """
    cdef uint64_t objects = 0  # of those that are open the innermost is the lowest bit: 1 for an object
    cdef int depth = 0
    cdef Kind kind
    cdef Text text
    while at < stop:
        # A value begins here.
        if data[at] == c'"':
            if not read_text(data, at + 1, stop, &text):
                return -1
            at = past_space(data, text.stop + 1, stop)
        elif data[at] == c"{" or data[at] == c"[":
            if depth == _DEEPEST:
                return -1
            depth += 1
            objects = objects << 1 | (data[at] == c"{")
            at = past_space(data, at + 1, stop)
            if at < stop and data[at] != (c"}" if objects & 1 else c"]"):
                if objects & 1:
                    at = _past_name(data, at, stop)
                    if at < 0:
                        return -1
                continue
        else:
            at = past_literal(data, at, stop, &kind)
            if at < 0:
                return -1
            at = past_space(data, at, stop)
        # The value is complete; each closing bracket completes the one around it as well.
        while at < stop and data[at] == (c"}" if objects & 1 else c"]"):
            at += 1
            depth -= 1
            objects >>= 1
            if depth == 0:
                return at
            at = past_space(data, at, stop)
        if at >= stop or data[at] != c",":
            return -1
        at = past_space(data, at + 1, stop)
        if objects & 1:
            at = _past_name(data, at, stop)
            if at < 0:
                return -1
    return -1


cdef inline int64_t _past_name(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Step over a name and its colon, to the value; -1 where there is none."""
    cdef Text text
    if at >= stop or data[at] != c'"' or not read_text(data, at + 1, stop, &text):
        return -1
    at = past_space(data, text.stop + 1, stop)
    if at >= stop or data[at] != c":":
        return -1
    return past_space(data, at + 1, stop)
