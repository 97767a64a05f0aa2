# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads the headers of one record: by the same rules as `workbench.decoding.conventions.record_headers`.

Header names are looked up once, in the slots of the names that somebody reads. Values are read as their writer meant
them: Spring may have written JSON, a gateway AMQP.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from workbench.buffers.slices cimport address, column_of, is_null
from workbench.buffers.utf8 cimport is_utf8
from workbench.decoding.conventions.dead_letter_headers import spelled_names
from workbench.decoding.formats.json import read_json
from workbench.decoding.native.amqp cimport amqp_value
from workbench.decoding.native.escapes cimport unescape
from workbench.decoding.native.json cimport Token, read_scalar
from workbench.decoding.native.json_parts cimport EMPTY, NULL_, TEXT
from workbench.decoding.native.names cimport NameTable
from workbench.decoding.native.program cimport PREFIXES, Program
from workbench.decoding.native.values cimport (
    TEXT_CHECKED,
    TEXT_SAID,
    Arena,
    Value,
    equal,
    nothing,
    release_arena,
    reset,
    take,
)

SPELLED = ("topic", "partition", "offset", "timestamp_ms", "group", "type", "message", "attempts")
"""What applications write about the original of a dead letter and its error, as `RecordHeaders.spelled` has it."""

cdef enum:
    _STRING_TYPE = 1  # what a header's type is when Spring wrote it as a text
    _OTHER_TYPE = 2
    _MOST_TYPE_TEXTS = 1024  # that are kept
    _NAME_SETS = 128  # that are remembered


cdef class RecordHeaders:
    """The headers of the record that a decoder is at.

    Args:
        program: The conventions.
        headers: List column of name and value.
    """

    def __cinit__(self):
        memset(&self.arena, 0, sizeof(Arena))
        self.first_of = self.last_of = self.count_of = self.touched = NULL
        self._sets = NULL

    def __init__(self, Program program not None, headers):
        cdef int64_t slots = program.slots + program.folded_slots, at
        self.program = program
        entries = headers.values
        names, contents = entries.flatten()
        self._columns = (headers, names, contents)
        self.names, self.contents = column_of(names), column_of(contents)
        if len(headers):
            self.lists = <const int32_t*>address(headers.buffers()[1]) + <int64_t>headers.offset
        self.first_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.last_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.count_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.touched = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self._sets = <NameSet*>malloc(_NAME_SETS * sizeof(NameSet))
        if self.first_of == NULL or self.last_of == NULL or self.count_of == NULL or self.touched == NULL:
            raise MemoryError
        if self._sets == NULL:
            raise MemoryError
        for at in range(_NAME_SETS):
            self._sets[at].entries = -1
        for at in range(slots + 1):
            self.first_of[at] = self.last_of[at] = -1
        self._types_known = {}
        self.former_entries = -1

    def __dealloc__(self):
        release_arena(&self.arena)
        free(self.first_of)
        free(self.last_of)
        free(self.count_of)
        free(self.touched)
        free(self._sets)

    cdef void load(self, int64_t row) noexcept nogil:
        """Step to a record: look its header names up."""
        cdef int64_t at
        reset(&self.arena)
        self.entry = self.lists[row]
        self.entries = self.lists[row + 1] - self.entry
        self.odd_contents = self.has_hollow = False
        for at in range(self.entry, self.entry + self.entries):
            # What begins with such a byte may be in the encoding of AMQP.
            if self.contents.ends[at] < self.contents.ends[at + 1]:
                self.odd_contents |= 0x80 <= self.contents.data[self.contents.ends[at]] < 0xC0
            else:
                self.has_hollow = True
        # Neighbours of one writer have the same names at the same places: then all slots stand already.
        if not self._has_names_of(self.former_entry, self.former_entries):
            self._see_names()
        self.former_entry, self.former_entries = self.entry, self.entries

    cdef void _see_names(self) noexcept nogil:
        """Put the names of the record to their slots: as those of an earlier record that had the same ones."""
        cdef NameSet* known = self._sets + self._place_of_names()
        cdef int64_t at
        cdef int32_t slot
        for at in range(self.touched_count):
            slot = self.touched[at]
            self.first_of[slot] = self.last_of[slot] = -1
            self.count_of[slot] = 0
        self.touched_count = 0
        self.is_spelled = False
        if self._has_names_of(known.entry, known.entries):
            for at in range(known.count):
                self._touch(known.slots[at], known.places[at])
            self.bad_names, self.trace_headers, self.has_doubled = known.bad, known.trace, known.doubled
            self.is_copy, self.is_named_copy = known.copy, known.named_copy
            return
        self._find_names(known)

    cdef int64_t _place_of_names(self) noexcept nogil:
        """Mix the bytes of all names. What is found is compared with them, so a clash costs nothing but time."""
        cdef int64_t at = self.names.ends[self.entry], stop = self.names.ends[self.entry + self.entries]
        cdef uint64_t mixed = <uint64_t>(stop - at), word
        while stop - at >= 8:
            memcpy(&word, self.names.data + at, 8)
            mixed = (mixed ^ word) * <uint64_t>0x9E3779B97F4A7C15
            mixed ^= mixed >> 32
            at += 8
        if at < stop:
            word = 0
            memcpy(&word, self.names.data + at, <size_t>(stop - at))
            mixed = (mixed ^ word) * <uint64_t>0x9E3779B97F4A7C15
        return (mixed >> 40) & (_NAME_SETS - 1)

    cdef bint _has_names_of(self, int64_t entry, int64_t entries) noexcept nogil:
        cdef const int32_t* mine = self.names.ends + self.entry
        cdef const int32_t* former
        cdef int64_t at, size
        # A set that nothing was remembered in yet has -1 names, and no entry.
        if entries != self.entries:
            return False
        former = self.names.ends + entry
        size = mine[self.entries] - mine[0]
        if former[self.entries] - former[0] != size:
            return False
        for at in range(1, self.entries):
            if mine[at] - mine[0] != former[at] - former[0]:
                return False
        return size == 0 or memcmp(self.names.data + mine[0], self.names.data + former[0], <size_t>size) == 0

    cdef void _find_names(self, NameSet* known) noexcept nogil:
        """Look all names up, and remember what was found."""
        cdef int64_t at
        cdef int32_t slot, start, size
        cdef const uint8_t* name
        self.bad_names = self.trace_headers = self.is_copy = self.is_named_copy = self.has_doubled = False
        known.entry, known.entries, known.count = self.entry, self.entries, 0
        for at in range(self.entries):
            start = self.names.ends[self.entry + at]
            size = self.names.ends[self.entry + at + 1] - start
            name = self.names.data + start
            slot = self.program.names.find(name, size)
            if slot >= 0:
                self._remember(known, slot, <int32_t>at)
            slot = self.program.folded.find_lower(name, size)
            if slot >= 0:
                self._remember(known, slot, <int32_t>at)
            elif not is_utf8(name, 0, size):
                self.bad_names = True
        known.bad, known.trace, known.doubled = self.bad_names, self.trace_headers, self.has_doubled
        known.copy, known.named_copy = self.is_copy, self.is_named_copy

    cdef void _remember(self, NameSet* known, int32_t slot, int32_t entry) noexcept nogil:
        self._touch(slot, entry)
        self.is_copy |= self.program.copy_marks[slot] > 0
        self.is_named_copy |= self.program.copy_marks[slot] == 2
        self.trace_headers |= self.program.words.traceparent <= slot <= self.program.words.uber
        self.has_doubled |= self.count_of[slot] > 1
        if known.count == MOST_TOUCHES:
            known.entries = -1  # more than there is room for: looked up each time
            return
        known.slots[known.count], known.places[known.count] = slot, entry
        known.count += 1

    cdef inline void _touch(self, int32_t slot, int32_t entry) noexcept nogil:
        if self.first_of[slot] < 0:
            self.first_of[slot] = entry
            self.touched[self.touched_count] = slot
            self.touched_count += 1
        self.last_of[slot] = entry
        self.count_of[slot] += 1

    cdef bint prepare_headers(self) except -1 nogil:
        """Read what the other headers need before they are read: their types, and CloudEvents' marks."""
        cdef int32_t slot = self.program.words.spring_types, prefix
        cdef int64_t entry
        cdef Value value
        self.typed = False
        if self.last_of[slot] >= 0:
            entry = self.entry + self.last_of[slot]
            if self.contents.ends[entry] < self.contents.ends[entry + 1]:
                value = Value(
                    self.contents.data + self.contents.ends[entry],
                    self.contents.ends[entry + 1] - self.contents.ends[entry],
                    False,
                )
                if not equal(&self._types_value, &value):
                    with gil:
                        self._read_types(value.data[: value.size])
                self.typed = True
        self.prefix = 0
        self.ce_headers = False
        for prefix in range(PREFIXES):
            if self.count_of[self.program.words.ce_marks[prefix]]:
                self.prefix, self.ce_headers = prefix, True
                break
        return True

    def _read_types(self, bytes text):
        """Remember the types that Spring says its headers have."""
        known = self._types_known.get(text)
        if known is None:
            if len(self._types_known) >= _MOST_TYPE_TEXTS:
                self._types_known.clear()
            types = read_spring_types(text)
            known = self._types_known[text] = NameTable(
                {
                    name: _STRING_TYPE if kind == "java.lang.String" else _OTHER_TYPE
                    for name, kind in types.items()
                    if kind is not None
                }
            )
        self._types, self._types_text = known, text
        self._types_value = Value(<const uint8_t*>(<char*>text), <int>len(text), False)

    cdef bint content_of(self, int64_t entry, Value* value, bint* amqp) noexcept nogil:
        """Read a header as its writer meant it; false where it is null or empty."""
        cdef int32_t start = self.contents.ends[entry], stop = self.contents.ends[entry + 1]
        cdef Value decoded
        if start == stop or is_null(&self.contents, entry):
            return False
        value[0] = Value(self.contents.data + start, stop - start, False)
        if self.typed:
            self._by_type(entry, value)
        if value.size and not value.is_text and 0x80 <= value.data[0] < 0xC0:
            if amqp_value(&self.arena, value, &decoded):
                value[0] = decoded
                if amqp != NULL:
                    amqp[0] = True
        return value.size > 0

    cdef void _by_type(self, int64_t entry, Value* value) noexcept nogil:
        """Read a header that Spring wrote as JSON; what is no JSON scalar stays as it is."""
        cdef int32_t start = self.names.ends[entry]
        cdef int32_t kind = self._types.find(self.names.data + start, self.names.ends[entry + 1] - start)
        cdef Token token
        if kind < 0 or (kind == _STRING_TYPE and value.data[0] != c'"'):
            return
        if not read_scalar(value.data, value.size, &token):
            return
        if token.kind == NULL_ or token.kind == EMPTY:
            value.size = 0
        else:
            self.inside(value.data, &token, value)

    cdef bint spell(self) except -1 nogil:
        """Find the headers of a dead letter that an application writes by itself; the same names need it once."""
        if not self.is_spelled:
            with gil:
                self._spell()
            self.is_spelled = True
        return True

    def _spell(self):
        cdef int64_t at
        names = []
        for at in range(self.entry, self.entry + self.entries):
            name = self.names.data[self.names.ends[at] : self.names.ends[at + 1]]
            try:
                names.append(name.decode())
            except UnicodeDecodeError:
                names.append(None)
        last = {name: place for place, name in enumerate(names)}
        found = spelled_names(dict.fromkeys(name for name in names if name is not None))
        for place, field in enumerate(SPELLED):
            self.spelled[<int>place] = last[found[field]] if field in found else -1

    cdef Value name_of(self, int64_t entry) noexcept nogil:
        """The name of a header; no value where it is no UTF-8."""
        cdef int32_t start = self.names.ends[entry], stop = self.names.ends[entry + 1]
        if not is_utf8(self.names.data, start, stop):
            return nothing()
        return Value(self.names.data + start, stop - start, True)

    cdef bint header(self, int32_t slot, bint first, Value* value) noexcept nogil:
        """Read the header that is used of those in a slot; false where it is missing, null or empty."""
        cdef int32_t entry = self.first_of[slot] if first else self.last_of[slot]
        return entry >= 0 and self.content_of(self.entry + entry, value, NULL)

    cdef void inside(self, const uint8_t* data, const Token* token, Value* value) noexcept nogil:
        """Read the text of a scalar token."""
        cdef uint8_t* into
        if token.kind != TEXT:
            value[0] = Value(data + token.start, token.stop - token.start, TEXT_CHECKED)
            return
        value[0] = Value(data + token.start + 1, token.stop - token.start - 2, TEXT_CHECKED)
        if token.escaped:
            # An escape can stand for half of a surrogate pair, which is no UTF-8.
            value.is_text = TEXT_SAID
            into = take(&self.arena, value.size)
            if into == NULL:
                value[0] = nothing()
                return
            value.size = unescape(value.data, value.size, into)
            value.data = into


def read_spring_types(text):
    """Return the types that Spring says its headers have, by name; none where the text is no JSON object."""
    types = read_json(text)
    return types if isinstance(types, dict) else {}
