# cython: language_level=3, boundscheck=False, wraparound=False
"""Masks members of JSON texts (RFC 8259) in their bytes: what is shown stays as it was written.

Each text is gone through once. Every byte is checked, because of a text with a fault nobody knows the members: it is
masked as a whole. Members of one name are masked each for itself, so it does not matter which of them a reader takes.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np
import pyarrow as pa

from workbench.buffers.slices cimport Column, Slice, address, column_of, grown, is_null, new_buffer
from workbench.decoding.native.escapes cimport unescape
from workbench.decoding.native.json_parts cimport NULL_, Kind, Text, past_literal, past_space, read_text
from workbench.decoding.native.json_skip cimport past_value
from workbench.masking.connect_wrapper cimport is_wrapped

cdef enum Verdict:
    REFUSED, SAME, CHANGED  # a callback that fails in a way of its own returns 0

cdef enum:
    _KEEP = -1  # as in `workbench.masking.program`
    _PREFIX = 5  # bytes of a schema registry before JSON
    _MOST_BYTES = 0x7FFFFFFF


cdef struct Level:
    int32_t node
    int32_t pending  # what is done with the object or array itself when it ends
    int64_t began
    int64_t segment  # where the member or item that is read begins: its comma, or what follows the bracket
    uint8_t closer
    bint kept  # whether a member or item before it is shown


cdef struct Walk:
    const uint8_t* data
    int64_t stop
    int64_t copied  # up to here the text is written, or left out
    Level* levels
    int64_t depth
    int64_t level_room
    uint8_t* out
    int64_t size
    int64_t room
    uint8_t* scratch  # a text without its escapes
    int64_t scratch_room
    bint hit  # whether anything is masked
    bint is_deep  # whether something is too deep to be stepped over, or has a fault


cdef class Rewriter:
    """Masks the values of one topic by its compiled rules. For several threads at once.

    Args:
        program: Where what is masked.
        constants: For each rule the JSON that stands for every value; None where it depends on the value.
        removes: For each rule whether it removes; one more than there are rules.
        show: Gives the JSON that stands for a value: number of the rule, the text or else the JSON, whether it is text.
        unreadable: Stands for a text with a fault.
    """

    cdef object _show
    cdef bytes _unreadable, _names
    cdef const uint8_t* _name_bytes
    cdef list _constants
    cdef const int32_t[:, ::1] _table
    cdef const int32_t[::1] _leaf, _inner, _name_ends
    cdef const uint8_t[::1] _copies, _removes
    cdef int32_t _root, _wrapped, _width

    def __init__(self, program, constants, removes, show, unreadable):
        self._table, self._leaf, self._inner, self._copies = program.table, program.leaf, program.inner, program.copies
        self._root, self._wrapped, self._width = program.root, program.wrapped, program.table.shape[1]
        self._names = b"".join(program.names)
        self._name_bytes = <const uint8_t*>PyBytes_AS_STRING(self._names)
        self._name_ends = np.cumsum([0, *map(len, program.names)]).astype(np.int32)
        self._constants, self._removes = [*constants, None], np.array(removes, np.uint8)
        self._show, self._unreadable = show, unreadable

    def rewritten(self, values, const uint8_t[::1] always):
        """Return the values masked, and which of them changed; null and empty ones are as they were.

        Args:
            values: Binary array of JSON texts, perhaps behind the prefix of a schema registry.
            always: For each value whether it is given as it was read, though nothing of it is masked.
        """
        cdef Column column = column_of(values)
        cdef Walk walk
        cdef int64_t row, start, before, count = column.count
        cdef Verdict verdict
        cdef Slice* slices = <Slice*>malloc(max(count, 1) * sizeof(Slice))
        cdef bint is_full = False
        changed = np.zeros(count, np.uint8)
        cdef uint8_t[::1] marks = changed
        memset(&walk, 0, sizeof(Walk))
        if slices == NULL or always.shape[0] != count:
            free(slices)
            raise MemoryError if slices == NULL else ValueError("one mark is needed for each value")
        try:
            with nogil:
                walk.data = column.data
                for row in range(count):
                    start, walk.stop = column.ends[row], column.ends[row + 1]
                    before, slices[row] = walk.size, Slice(0, -1)
                    if _size(&column, row) == 0:
                        continue
                    verdict = self._value(&walk, start)
                    if verdict == SAME and always[row]:
                        verdict = CHANGED if _flush(&walk, walk.stop) else REFUSED
                    if verdict == REFUSED:
                        walk.size = before
                    marks[row] = verdict != SAME
                    if verdict == CHANGED:
                        slices[row] = Slice(<int32_t>before, <int32_t>(walk.size - before))
                    if walk.size > _MOST_BYTES:
                        is_full = True
                        break
            if is_full:
                raise OverflowError("more than 2 GiB in one array")
            return self._gathered(values, &column, &walk, slices, marks), changed.view(np.bool_)
        finally:
            free(slices)
            free(walk.levels)
            free(walk.out)
            free(walk.scratch)

    cdef object _gathered(self, values, const Column* column, const Walk* walk, const Slice* slices, uint8_t[::1] marks):
        """Copy what was written, and the values that are as they were, to one array."""
        cdef int64_t row, size, total = 0, count = column.count
        cdef const uint8_t* source
        cdef const uint8_t* unreadable = <const uint8_t*>PyBytes_AS_STRING(self._unreadable)
        cdef int64_t unreadable_size = PyBytes_GET_SIZE(self._unreadable)
        for row in range(count):
            if not marks[row]:
                total += _size(column, row)
            else:
                total += slices[row].size if slices[row].size >= 0 else unreadable_size
        if total > _MOST_BYTES:
            raise OverflowError("more than 2 GiB in one array")
        offsets, content = new_buffer(4 * (count + 1)), new_buffer(total)
        cdef int32_t* ends = <int32_t*>address(offsets)
        cdef uint8_t* into = <uint8_t*>address(content)
        with nogil:
            ends[0] = 0
            for row in range(count):
                if not marks[row]:
                    source, size = column.data + column.ends[row], _size(column, row)
                elif slices[row].size >= 0:
                    source, size = walk.out + slices[row].start, slices[row].size
                else:
                    source, size = unreadable, unreadable_size
                if size:
                    memcpy(into + ends[row], source, <size_t>size)
                ends[row + 1] = ends[row] + <int32_t>size
        # No value becomes null, and none that is null something: the bits are those of the values.
        validity = values.is_valid().buffers()[1] if values.null_count else None
        return pa.Array.from_buffers(values.type, count, [validity, offsets, content], values.null_count)

    cdef Verdict _value(self, Walk* walk, int64_t start) noexcept nogil:
        """Mask one text. What is written of it stands in ``out``; for `SAME` nothing was, and ``copied`` is its start."""
        cdef const uint8_t* data = walk.data
        cdef int64_t at = start, depth
        cdef int32_t child
        cdef bint removed
        cdef Level* level
        # The id in a prefix names a schema that a masked value need not fit: the prefix is left out.
        if walk.stop - at > _PREFIX and data[at] == 0 and data[at + _PREFIX] == c"{":
            at += _PREFIX
        if walk.stop - at > 3 and data[at] == 0xEF and data[at + 1] == 0xBB and data[at + 2] == 0xBF:
            at += 3
        walk.copied, walk.depth, walk.hit, walk.is_deep = at, -1, False, False
        at = past_space(data, at, walk.stop)
        if at >= walk.stop or (data[at] != c"{" and data[at] != c"["):
            return REFUSED
        child = self._wrapped if data[at] == c"{" and is_wrapped(data, at, walk.stop) else self._root
        if not _open(walk, at, child, _KEEP):
            return REFUSED
        at = past_space(data, at + 1, walk.stop)
        # Each turn reads a member or item, and all closing brackets behind it.
        while at < walk.stop:
            level, depth = walk.levels + walk.depth, walk.depth
            removed = True
            # Only the outermost may be empty here: `_begun` steps over others without anything in them.
            if data[at] != level.closer or level.segment != level.began + 1:
                child = level.node
                if level.closer == c"}":
                    at = self._name(walk, at, &child)
                elif depth == 0 and data[at] != c"{":
                    # A bare text or number has no member that a path could name.
                    return REFUSED
                if at < 0 or at >= walk.stop:
                    return REFUSED
                at = self._begun(walk, at, child, &removed)
                if at < 0:
                    return REFUSED
                if walk.depth != depth:
                    continue
            at = self._ended(walk, at, &removed)
            if at < 0:
                return REFUSED
            if walk.depth < 0:
                if at != walk.stop:
                    return REFUSED
                if not walk.hit:
                    return SAME
                return CHANGED if _flush(walk, walk.stop) else REFUSED
        return REFUSED

    cdef int64_t _begun(self, Walk* walk, int64_t at, int32_t node, bint* removed) noexcept nogil:
        """Read a value: to its end, or into it where its members have to be looked at. -1 for a fault."""
        cdef const uint8_t* data = walk.data
        cdef int64_t end, inside
        cdef int32_t action = self._leaf[node]
        cdef Text text
        cdef Kind kind
        removed[0] = False
        if data[at] == c'"':
            if not read_text(data, at + 1, walk.stop, &text):
                return -1
            end = text.stop + 1
            if action != _KEEP and not self._mask_text(walk, action, &text, removed):
                return -1
            return end
        if data[at] != c"{" and data[at] != c"[":
            end = past_literal(data, at, walk.stop, &kind)
            # Null tells nothing, and stays where the member does.
            if end < 0 or action == _KEEP or (kind == NULL_ and not self._removes[action]):
                return end
            return end if self._mask(walk, action, at, end, removed) else -1
        inside = past_space(data, at + 1, walk.stop)
        if inside < walk.stop and data[inside] == (c"}" if data[at] == c"{" else c"]"):
            if action != _KEEP and not self._mask(walk, action, at, inside + 1, removed):
                return -1
            return inside + 1
        action = self._inner[node]
        if action != _KEEP or self._copies[node]:
            end = -1 if walk.is_deep else past_value(data, at, walk.stop)
            if end >= 0:
                return end if action == _KEEP or self._mask(walk, action, at, end, removed) else -1
            # All of it is gone through, once and no more often, and what is done with it is done at its end.
            walk.is_deep = True
            node = 0
        return inside if _open(walk, at, node, action) else -1

    cdef int64_t _ended(self, Walk* walk, int64_t at, bint* removed) noexcept nogil:
        """Read what follows a value: brackets that close, and a comma. Returns where the next one begins; -1 for a fault."""
        cdef const uint8_t* data = walk.data
        cdef Level* level
        cdef Level closed
        while True:
            level = walk.levels + walk.depth
            at = past_space(data, at, walk.stop)
            if not removed[0]:
                level.kept = True
            elif walk.hit:
                walk.copied = at
            if at >= walk.stop:
                return -1
            if data[at] == c",":
                level.segment = at
                if removed[0] and not level.kept:
                    level.segment = walk.copied = at + 1
                return past_space(data, at + 1, walk.stop)
            if data[at] != level.closer:
                return -1
            at += 1
            closed = level[0]
            walk.depth -= 1
            if walk.depth < 0:
                return past_space(data, at, walk.stop)
            removed[0] = False
            if closed.pending != _KEEP and not self._mask(walk, closed.pending, closed.began, at, removed):
                return -1

    cdef int64_t _name(self, Walk* walk, int64_t at, int32_t* node) noexcept nogil:
        """Read a name and its colon, and see where it leads; returns where the value begins, -1 for a fault."""
        cdef Text text
        cdef const uint8_t* name
        cdef int64_t size, symbol
        if walk.data[at] != c'"' or not read_text(walk.data, at + 1, walk.stop, &text):
            return -1
        at = past_space(walk.data, text.stop + 1, walk.stop)
        if at >= walk.stop or walk.data[at] != c":":
            return -1
        at = past_space(walk.data, at + 1, walk.stop)
        if node[0] == 0:
            return at
        name, size = walk.data + text.start, text.stop - text.start
        if text.escaped:
            if not _unescaped(walk, &text, &size):
                return -1
            name = walk.scratch
        for symbol in range(self._width - 1):
            if self._is_named(symbol, name, size):
                node[0] = self._table[node[0], symbol]
                return at
        node[0] = self._table[node[0], self._width - 1]
        return at

    cdef inline bint _is_named(self, int64_t symbol, const uint8_t* name, int64_t size) noexcept nogil:
        cdef int64_t start = self._name_ends[symbol]
        if self._name_ends[symbol + 1] - start != size:
            return False
        return memcmp(self._name_bytes + start, name, <size_t>size) == 0

    cdef bint _mask_text(self, Walk* walk, int32_t action, const Text* text, bint* removed) noexcept nogil:
        """Mask a text, whose quotes are left out of what is shown to the rule; false where that fails."""
        cdef const uint8_t* plain = walk.data + text.start
        cdef int64_t size = text.stop - text.start
        if text.escaped:
            if not _unescaped(walk, text, &size):
                return False
            plain = walk.scratch
        return self._put(walk, action, text.start - 1, text.stop + 1, plain, size, True, removed)

    cdef bint _mask(self, Walk* walk, int32_t action, int64_t start, int64_t end, bint* removed) noexcept nogil:
        """Mask what is no text; false where that fails."""
        return self._put(walk, action, start, end, walk.data + start, end - start, False, removed)

    cdef bint _put(
        self, Walk* walk, int32_t action, int64_t start, int64_t end, const uint8_t* plain, int64_t size, bint is_text,
        bint* removed
    ) noexcept nogil:
        """Write what stands for a value in its place, or leave its member or item out."""
        walk.hit = True
        removed[0] = self._removes[action]
        if removed[0]:
            start = walk.levels[walk.depth].segment
        if not _flush(walk, start):
            return False
        walk.copied = end
        return removed[0] or self._shown(walk, action, plain, size, is_text) != REFUSED

    cdef Verdict _shown(self, Walk* walk, int32_t action, const uint8_t* plain, int64_t size, bint is_text) noexcept with gil:
        """Write what a rule makes of a value; `REFUSED` where it fails."""
        cdef bytes shown
        try:
            shown = self._constants[action]
            if shown is None:
                shown = self._show(action, PyBytes_FromStringAndSize(<const char*>plain, size), is_text)
            return CHANGED if _write(walk, <const uint8_t*>PyBytes_AS_STRING(shown), PyBytes_GET_SIZE(shown)) else REFUSED
        except Exception:
            return REFUSED


cdef inline int64_t _size(const Column* column, int64_t row) noexcept nogil:
    return 0 if is_null(column, row) else column.ends[row + 1] - column.ends[row]


cdef bint _open(Walk* walk, int64_t at, int32_t node, int32_t pending) noexcept nogil:
    """Step into the object or array that begins here; false without memory."""
    cdef Level* levels
    levels = <Level*>grown(walk.levels, &walk.level_room, walk.depth + 2, sizeof(Level))
    if levels == NULL:
        return False
    walk.levels = levels
    walk.depth += 1
    levels[walk.depth] = Level(node, pending, at, at + 1, c"}" if walk.data[at] == c"{" else c"]", False)
    return True


cdef inline bint _flush(Walk* walk, int64_t at) noexcept nogil:
    """Write the text up to here as it is."""
    cdef int64_t from_here = walk.copied
    walk.copied = at
    return at <= from_here or _write(walk, walk.data + from_here, at - from_here)


cdef bint _write(Walk* walk, const uint8_t* part, int64_t size) noexcept nogil:
    cdef uint8_t* out = <uint8_t*>grown(walk.out, &walk.room, walk.size + size, 1)
    if out == NULL:
        return False
    walk.out = out
    memcpy(out + walk.size, part, <size_t>size)
    walk.size += size
    return True


cdef bint _unescaped(Walk* walk, const Text* text, int64_t* size) noexcept nogil:
    """Write what a text with escapes means to ``scratch``; false without memory."""
    cdef uint8_t* scratch
    scratch = <uint8_t*>grown(walk.scratch, &walk.scratch_room, text.stop - text.start, 1)
    if scratch == NULL:
        return False
    walk.scratch = scratch
    size[0] = unescape(walk.data + text.start, text.stop - text.start, scratch)
    return True
