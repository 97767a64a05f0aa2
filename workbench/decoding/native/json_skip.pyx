# cython: language_level=3, boundscheck=False, wraparound=False
"""Steps over JSON objects and arrays that nobody reads: most of a record is its payload.

Every byte is checked as in `json`, but nothing is noted: the state is one bit for each object or array that is open.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from workbench.decoding.native.json_parts cimport Kind, Text, past_literal, past_space, read_text, wb_plain_end

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
    while at < stop:
        if objects & 1:
            # A name comes first, both where an object begins and behind a comma.
            if data[at] != c'"':
                return -1
            at = _past_text(data, at + 1, stop)
            if at < 0:
                return -1
            at = past_space(data, at, stop)
            if at >= stop or data[at] != c":":
                return -1
            at = past_space(data, at + 1, stop)
            if at >= stop:
                return -1
        # A value begins here.
        if data[at] == c'"':
            at = _past_text(data, at + 1, stop)
            if at < 0:
                return -1
            at = past_space(data, at, stop)
        elif data[at] == c"{" or data[at] == c"[":
            if depth == _DEEPEST:
                return -1
            depth += 1
            objects = objects << 1 | (data[at] == c"{")
            at = past_space(data, at + 1, stop)
            if at < stop and data[at] != _closer(objects):
                continue
        else:
            at = past_literal(data, at, stop, &kind)
            if at < 0:
                return -1
            at = past_space(data, at, stop)
        # The value is complete; each closing bracket completes the one around it as well.
        while at < stop and data[at] == _closer(objects):
            at += 1
            depth -= 1
            objects >>= 1
            if depth == 0:
                return at
            at = past_space(data, at, stop)
        if at >= stop or data[at] != c",":
            return -1
        at = past_space(data, at + 1, stop)
    return -1


cdef inline int64_t _past_text(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Step over what follows a quote, and the next one; -1 where it is no text."""
    cdef Text text
    cdef int64_t end = wb_plain_end(data, at, stop)
    # Most texts have neither escapes nor letters beyond ASCII.
    if end < stop and data[end] == c'"':
        return end + 1
    return text.stop + 1 if read_text(data, at, stop, &text) else -1


cdef inline uint8_t _closer(uint64_t objects) noexcept nogil:
    """Return the bracket that closes the innermost: in ASCII the one of an object is 32 behind that of an array."""
    return <uint8_t>(c"]" + ((objects & 1) << 5))
