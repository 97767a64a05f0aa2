# cython: language_level=3, boundscheck=False, wraparound=False
"""Holds the tables of `workbench.decoding.program` for loops that run without the GIL."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from workbench.decoding.native.values cimport Value, nothing

cdef int32_t _no_row = 0

cdef enum:
    _KNOWN_TEXTS = 4096  # places for answers; at most half of them are taken
    _LONGEST_KNOWN = 128  # bytes of a text whose answer is kept


cdef class Pattern:
    """Asks a compiled pattern of RE2, and remembers its answers: few texts stand for most records.

    Args:
        match: Says whether a text matches in full.
    """

    def __cinit__(self, match):
        self._match = match
        self._known = <Known*>calloc(_KNOWN_TEXTS, sizeof(Known))
        self._texts = <uint8_t*>calloc(_KNOWN_TEXTS // 2, _LONGEST_KNOWN)
        if self._known == NULL or self._texts == NULL:
            raise MemoryError
        self._forget()

    def __dealloc__(self):
        free(self._known)
        free(self._texts)

    def _forget(self):
        cdef int64_t at
        for at in range(_KNOWN_TEXTS):
            self._known[at].size = -1
        self._count = self._used = 0

    cdef bint matches(self, const Value* text) except -1 nogil:
        cdef uint64_t place = _hash(text) & (_KNOWN_TEXTS - 1)
        cdef Known* known = self._known + place
        cdef bint answer
        while known.size >= 0:
            if known.size == text.size and memcmp(self._texts + known.start, text.data, <size_t>text.size) == 0:
                return known.answer
            place = (place + 1) & (_KNOWN_TEXTS - 1)
            known = self._known + place
        with gil:
            answer = self._match((<const char*>text.data)[: text.size].decode())
            if text.size > _LONGEST_KNOWN:
                return answer
            if 2 * self._count >= _KNOWN_TEXTS:
                self._forget()
                return answer
            memcpy(self._texts + self._used, text.data, <size_t>text.size)
            known[0] = Known(<int32_t>self._used, text.size, answer)
            self._used += text.size
            self._count += 1
        return answer


cdef class Program:
    """Tables of conventions. `workbench.decoding.program.compile_program` says what is in them.

    Args:
        members: Numbers of the paths of members.
        letter_members: The same for the bodies of dead letters.
        names: Slots of header names that are compared as they are.
        folded: Slots of header names in lower case, which are compared without case.
        texts: Texts that the tables name by number.
        tables: The tables by name: C-contiguous int32 arrays, and the masks as uint64.
        patterns: What says whether a text matches, for each pattern.
        words: Numbers that the loops name.
    """

    def __cinit__(self):
        self._patterns_at = NULL

    def __init__(self, members, letter_members, names, folded, texts, tables, patterns, words):
        self.members, self.names, self.folded = members, names, folded
        self.slots, self.folded_slots = words["slots"], words["folded_slots"]
        self.top_members = words["top_members"]
        contents = [text.encode() for text in texts]
        self._content = b"".join(contents)
        self._content_at = self._content
        self._tables = tuple(tables.values())
        self._ends = _integers(tables["ends"])
        self.lists = _integers(tables["lists"])
        self.copy_marks = _integers(tables["copy_marks"])
        self.selectors = <const Selector*>_rows(tables["selectors"], sizeof(Selector))
        self.places = _integers(tables["places"])
        self.vias = _integers(tables["vias"])
        self.plain = _integers(tables["plain"])
        self.conditions = <const Condition*>_rows(tables["conditions"], sizeof(Condition))
        self.causes = <const CauseRule*>_rows(tables["causes"], sizeof(CauseRule))
        self.conventions = <const Convention*>_rows(tables["conventions"], sizeof(Convention))
        self.convention_count = len(tables["conventions"])
        self.traces = <const TraceRule*>_rows(tables["traces"], sizeof(TraceRule))
        self.writers = <const Writer*>_rows(tables["writers"], sizeof(Writer))
        self.letters = <const Letter*>_rows(tables["letters"], sizeof(Letter))
        self.letter_members = letter_members
        self.writer_count = len(tables["writers"])
        masks = tables["masks"]
        self.masks = <const uint64_t*><uintptr_t>masks.ctypes.data
        self.mask_words = words["mask_words"]
        self._patterns = [Pattern(match) for match in patterns]
        self._patterns_at = <void**>calloc(len(patterns) + 1, sizeof(void*))
        if self._patterns_at == NULL:
            raise MemoryError
        for at, pattern in enumerate(self._patterns):
            self._patterns_at[<int64_t>at] = <void*>pattern
        self.words = words["words"]

    def __dealloc__(self):
        free(self._patterns_at)

    cdef Value via(self, int32_t place) noexcept nogil:
        """The text by which results name a place."""
        return text_of(self, self.vias[place]) if place >= 0 else nothing()

    cdef bint matches(self, int32_t pattern, const Value* text) except -1 nogil:
        return (<Pattern>self._patterns_at[pattern]).matches(text)


cdef const int32_t* _integers(table) except? NULL:
    return <const int32_t*>_rows(table.reshape(-1, 1), sizeof(int32_t))


cdef const void* _rows(table, size_t size) except? NULL:
    """Return the address of a table, whose rows must be as large as their struct: both are made of int32 alone."""
    if not len(table):
        return &_no_row
    if table.dtype.name != "int32" or not table.flags.c_contiguous or table.shape[1] * sizeof(int32_t) != size:
        raise TypeError(f"a table of {size // sizeof(int32_t)} int32 is needed, not {table.shape} {table.dtype}")
    return <const void*><uintptr_t>table.ctypes.data


cdef inline uint64_t _hash(const Value* text) noexcept nogil:
    cdef uint64_t mixed = <uint64_t>text.size, word
    cdef int64_t at = 0
    while at < text.size:
        word = 0
        memcpy(&word, text.data + at, <size_t>min(8, text.size - at))
        mixed = (mixed ^ word) * <uint64_t>0x9E3779B97F4A7C15
        mixed ^= mixed >> 29
        at += 8
    return mixed ^ (mixed >> 32)
