# cython: language_level=3, boundscheck=False, wraparound=False
"""Scans the JSON values of a batch once for known members; columns are copied out when they are asked for."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

import numpy as np
import pyarrow as pa

from workbench.decoding.native.json cimport (
    ABSENT,
    GOOD,
    NO_MEMORY,
    TEXT,
    EMPTY,
    Token,
    Tokens,
    Verdict,
    read_members,
    unescape,
)
from workbench.decoding.native.members cimport MemberTable
from workbench.buffers.slices cimport Column, Slice, address, column_of, gathered, grown, new_buffer


cdef class Bodies:
    """Tokens found in some rows of a binary column; row numbers in the methods count those rows.

    Attributes:
        masks: int64 matrix, one row of mask words for each body; zeros where it was refused.
        members: int64, how many members each has at the top, known or not.
        refused: bool, bodies that only the per-record decoder can be trusted with.
    """

    cdef readonly object masks, members, refused
    cdef object _values  # kept, because ``_data`` points into it
    cdef const uint8_t* _data
    cdef Tokens _tokens  # of all rows, one after the other
    cdef object _ends  # where each row's tokens end in them; kept, because ``_ends_at`` points into it
    cdef const int64_t* _ends_at

    def __cinit__(self):
        self._tokens.items = NULL
        self._tokens.count = self._tokens.room = 0

    def __dealloc__(self):
        free(self._tokens.items)

    def kinds(self, uint16_t bit, const int64_t[::1] rows not None):
        """Return the JSON kind of a member in each row, as uint8 of `workbench.decoding.native.json.Kind`."""
        cdef int64_t count = rows.shape[0], at, hint = 0
        cdef const Token* token
        found = np.empty(count, np.uint8)
        cdef uint8_t[::1] kinds = found
        with nogil:
            for at in range(count):
                token = self._find(rows[at], bit, &hint)
                kinds[at] = ABSENT if token == NULL else token.kind
        return found

    def texts(self, uint16_t bit, const int64_t[::1] rows not None):
        """Return the text of a member in each row: texts without quotes and escapes, anything else as it stands in JSON;
        null where it is absent."""
        cdef int64_t count = rows.shape[0], at, hint = 0, room = 0
        cdef const Token* token
        cdef Slice* slices = <Slice*>grown(NULL, &room, count, sizeof(Slice))
        cdef bint escaped = False
        if slices == NULL:
            raise MemoryError
        try:
            with nogil:
                for at in range(count):
                    token = self._find(rows[at], bit, &hint)
                    slices[at] = _inside(token)
                    if token != NULL and token.escaped:
                        escaped = True
            if not escaped:
                return gathered(self._data, slices, count, 1, pa.string())
            return self._unescaped(bit, rows, slices)
        finally:
            free(slices)

    cdef object _unescaped(self, uint16_t bit, const int64_t[::1] rows, Slice* slices):
        """Copy all texts to a buffer of their own, those with escapes as what they mean, and gather them from there."""
        cdef int64_t count = rows.shape[0], at, size = 0, hint = 0
        cdef int32_t end = 0
        cdef const Token* token
        # A text never gets longer by unescaping, so the sum of the sizes is room enough.
        for at in range(count):
            size += max(0, slices[at].size)
        meaning = new_buffer(size)
        cdef uint8_t* into = <uint8_t*>address(meaning)
        with nogil:
            for at in range(count):
                token = self._find(rows[at], bit, &hint)
                if token == NULL:
                    continue
                size = slices[at].size
                if token.escaped:
                    size = unescape(self._data + slices[at].start, size, into + end)
                else:
                    memcpy(into + end, self._data + slices[at].start, <size_t>size)
                slices[at] = Slice(end, <int32_t>size)
                end += <int32_t>size
        return gathered(into, slices, count, 1, pa.string())

    cdef inline const Token* _find(self, int64_t row, uint16_t bit, int64_t* hint) noexcept nogil:
        """The token of a member of a row; ``hint`` is its place among the tokens of the last one."""
        cdef const Token* first = self._tokens.items + self._ends_at[row]
        cdef int64_t count = self._ends_at[row + 1] - self._ends_at[row], at
        # Records of one writer have their members in one order: the place of the last row is nearly always right.
        if hint[0] < count and first[hint[0]].bit == bit:
            return first + hint[0]
        for at in range(count):
            if first[at].bit == bit:
                hint[0] = at
                return first + at
        return NULL


cdef inline Slice _inside(const Token* token) noexcept nogil:
    """Return the bytes of a value, of a text those between its quotes; null for no token."""
    if token == NULL:
        return Slice(0, -1)
    if token.kind == TEXT or token.kind == EMPTY:
        return Slice(token.start + 1, token.stop - token.start - 2)
    return Slice(token.start, token.stop - token.start)


def scan(MemberTable table not None, values, const int64_t[::1] rows not None):
    """Scan the JSON texts in some rows of a binary array with 32-bit offsets.

    Args:
        table: The members that are looked for.
        values: The array.
        rows: Rows to scan; each must be in range and not null.

    Raises:
        MemoryError: There is no room for the tokens.
    """
    cdef Bodies bodies = Bodies()
    cdef int64_t count = rows.shape[0], at, start, stop
    cdef Column column = column_of(values)
    cdef Verdict verdict = GOOD
    bodies._values = values
    bodies._data = column.data
    masks = np.zeros((count, table.words), np.int64)
    members = np.zeros(count, np.int64)
    refused = np.zeros(count, np.bool_)
    ends = np.zeros(count + 1, np.int64)
    cdef int64_t[:, ::1] masks_at = masks
    cdef int64_t[::1] members_at = members
    cdef uint8_t[::1] refused_at = refused.view(np.uint8)
    cdef int64_t[::1] ends_at = ends
    with nogil:
        for at in range(count):
            start, stop = column.ends[rows[at]], column.ends[rows[at] + 1]
            verdict = read_members(table, bodies._data, start, stop, &bodies._tokens, &masks_at[at, 0], &members_at[at])
            if verdict == NO_MEMORY:
                break
            if verdict != GOOD:
                # What was noted before the fault is taken back, so that a refused row looks empty.
                refused_at[at] = True
                bodies._tokens.count = ends_at[at]
                memset(&masks_at[at, 0], 0, <size_t>table.words * sizeof(int64_t))
            ends_at[at + 1] = bodies._tokens.count
    if verdict == NO_MEMORY:
        raise MemoryError
    bodies.masks, bodies.members, bodies.refused = masks, members, refused
    bodies._ends = ends
    bodies._ends_at = &ends_at[0]
    return bodies
