# cython: language_level=3, boundscheck=False, wraparound=False
"""Answers the questions that are asked about one record: by the same rules as `workbench.decoding.conventions.facts`.

The headers of a record are looked up once, in the slots of the names that somebody reads; members are the tokens of its
JSON text. Values point into the batch; those that had to be made lie in the arena until the next record.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memset

import pyarrow.compute as pc

from workbench.buffers.slices cimport Column, address, column_of, is_null
from workbench.buffers.utf8 cimport is_utf8
from workbench.decoding.native.amqp cimport amqp_value
from workbench.decoding.native.filters cimport filtered
from workbench.decoding.native.ids cimport id_of, is_utf8_value
from workbench.decoding.native.json cimport (
    ARRAY,
    BOOLEAN,
    EMPTY,
    NULL_,
    NUMBER,
    OBJECT,
    TEXT,
    Token,
    Tokens,
    prepare,
    read_scalar,
    release,
    unescape,
)
from workbench.decoding.native.names cimport NameTable
from workbench.decoding.native.program cimport (
    CONST,
    EXISTS,
    FOLDED,
    HEADER,
    IS_OBJECT,
    JOINED,
    MEMBER,
    MODES,
    PATTERN,
    PREFIXES,
    TOPIC,
    TRACE,
    Condition,
    Pattern,
    Program,
    Selector,
)
from workbench.decoding.conventions.dead_letter_headers import spelled_names
from workbench.decoding.formats.json import read_json
from workbench.decoding.native.traces cimport read_parts
from workbench.decoding.native.values cimport (
    TEXT_CHECKED,
    TEXT_SAID,
    Arena,
    Value,
    equal,
    joined,
    lower,
    nothing,
    release_arena,
    reset,
    stripped,
    take,
)

SPELLED = ("topic", "partition", "offset", "timestamp_ms", "group", "type", "message", "attempts")
"""What applications write about the original of a dead letter and its error, in the order of `Facts.spelled`."""

cdef enum:
    _MOST_PARTS = 32  # of a joined value
    _STRING_TYPE = 1  # what a header's type is when Spring wrote it as a text
    _OTHER_TYPE = 2
    _MOST_TYPE_TEXTS = 1024  # that are kept


cdef class Facts:
    """The record that a decoder is at.

    Args:
        program: The conventions.
        records: The columns ``headers`` and ``value`` of a batch.
        topic: The topic of all its records.
    """

    def __cinit__(self):
        memset(&self.arena, 0, sizeof(Arena))
        memset(&self.tokens, 0, sizeof(Tokens))
        self.first_of = self.last_of = self.count_of = self.touched = NULL
        self.present = NULL
        self.topic_values = NULL

    def __init__(self, Program program not None, headers, topic_texts):
        cdef int64_t slots = program.slots + program.folded_slots, at
        self.program = program
        entries = headers.values
        names, contents = (pc.struct_field(entries, name) for name in ("name", "value"))
        self._columns = (headers, names, contents)
        self.names, self.contents = column_of(names), column_of(contents)
        if len(headers):
            self.lists = <const int32_t*>address(headers.buffers()[1]) + <int64_t>headers.offset
        self.first_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.last_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.count_of = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.touched = <int32_t*>calloc(slots + 1, sizeof(int32_t))
        self.present = <uint64_t*>calloc(program.mask_words + 1, sizeof(uint64_t))
        self.topic_values = <Value*>calloc(len(topic_texts) + 1, sizeof(Value))
        if (
            self.first_of == NULL or self.last_of == NULL or self.count_of == NULL or self.touched == NULL
            or self.present == NULL or self.topic_values == NULL
            or not prepare(&self.tokens, program.members.bits)
        ):
            raise MemoryError
        for at in range(slots + 1):
            self.first_of[at] = self.last_of[at] = -1
        self._topic_texts = [None if text is None else text.encode() for text in topic_texts]
        for at in range(len(self._topic_texts)):
            text = self._topic_texts[at]
            if text is not None:
                self.topic_values[at] = Value(<const uint8_t*>(<char*><bytes>text), <int>len(text), True)
        self._types_known = {}
        self.former_entries = -1

    def __dealloc__(self):
        release(&self.tokens)
        release_arena(&self.arena)
        free(self.first_of)
        free(self.last_of)
        free(self.count_of)
        free(self.touched)
        free(self.present)
        free(self.topic_values)

    # The headers.

    cdef void load(self, int64_t row) noexcept nogil:
        """Step to a record: look its header names up."""
        cdef int64_t at
        reset(&self.arena)
        self.trace_known = False
        self.entry = self.lists[row]
        self.entries = self.lists[row + 1] - self.entry
        self.odd_contents = False
        for at in range(self.entry, self.entry + self.entries):
            # What begins with such a byte may be in the encoding of AMQP.
            if self.contents.ends[at] < self.contents.ends[at + 1]:
                self.odd_contents |= 0x80 <= self.contents.data[self.contents.ends[at]] < 0xC0
        # Neighbours of one writer have the same names at the same places: then all slots stand already.
        if not self._same_names():
            self._find_names()
        self.former_entry, self.former_entries = self.entry, self.entries

    cdef bint _same_names(self) noexcept nogil:
        cdef const int32_t* mine = self.names.ends + self.entry
        cdef const int32_t* former = self.names.ends + self.former_entry
        cdef int64_t at, size
        if self.former_entries != self.entries:
            return False
        size = mine[self.entries] - mine[0]
        if former[self.entries] - former[0] != size:
            return False
        for at in range(1, self.entries):
            if mine[at] - mine[0] != former[at] - former[0]:
                return False
        return size == 0 or memcmp(self.names.data + mine[0], self.names.data + former[0], <size_t>size) == 0

    cdef void _find_names(self) noexcept nogil:
        cdef int64_t at
        cdef int32_t slot, start, size
        cdef const uint8_t* name
        for at in range(self.touched_count):
            slot = self.touched[at]
            self.first_of[slot] = self.last_of[slot] = -1
            self.count_of[slot] = 0
        self.touched_count = 0
        self.bad_names = self.trace_headers = self.is_copy = self.is_named_copy = self.is_spelled = False
        for at in range(self.entries):
            start = self.names.ends[self.entry + at]
            size = self.names.ends[self.entry + at + 1] - start
            name = self.names.data + start
            slot = self.program.names.find(name, size)
            if slot >= 0:
                self._touch(slot, <int32_t>at)
            slot = self.program.folded.find_lower(name, size)
            if slot >= 0:
                self._touch(slot, <int32_t>at)
            elif not is_utf8(name, 0, size):
                self.bad_names = True

    cdef void _touch(self, int32_t slot, int32_t entry) noexcept nogil:
        if self.first_of[slot] < 0:
            self.first_of[slot] = entry
            self.touched[self.touched_count] = slot
            self.touched_count += 1
        self.last_of[slot] = entry
        self.count_of[slot] += 1
        self.is_copy |= self.program.copy_marks[slot] > 0
        self.is_named_copy |= self.program.copy_marks[slot] == 2
        self.trace_headers |= self.program.words.traceparent <= slot <= self.program.words.uber

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
        if value.size and not value.is_text and 0x80 <= value.data[0] < 0xC0 and amqp_value(&self.arena, value, &decoded):
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

    # The body.

    cdef void see_body(self, const uint8_t* body, bint has_body) noexcept nogil:
        """Take the tokens as those of the record, and see how it writes CloudEvents."""
        cdef int at
        cdef Value content_type
        self.body, self.has_body = body, has_body
        self.structured = self.header(self.program.words.content_type, False, &content_type) and _is_cloud_event(
            stripped(content_type)
        )
        if not self.structured and has_body and self.tokens.items[0].kind == OBJECT:
            self.structured = True
            for at in range(4):
                if not _has_value(self.member(self.program.words.ce_required[at])):
                    self.structured = False
                    break
        self.mode = 5 + self.prefix if self.structured else 1 + self.prefix if self.ce_headers else 0

    cdef const Token* member(self, int32_t bit) noexcept nogil:
        """The value of a member; NULL where it is absent."""
        cdef int32_t at = self.tokens.last_of[bit] - 1
        if at < 0 or self.tokens.items[at].dead:
            return NULL
        return self.tokens.items + at

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

    cdef bint scalar(self, const Token* token, Value* value) noexcept nogil:
        """Read the text of a member; false where it is absent, null, an empty text, an object or an array."""
        if token == NULL or not (token.kind == TEXT or token.kind == NUMBER or token.kind == BOOLEAN):
            return False
        self.inside(self.body, token, value)
        return value.data != NULL

    cdef bint _passes(self, const Selector* selector, const Token* token) noexcept nogil:
        """Whether a token lies in items that have the member that the selector asks for."""
        cdef int32_t step
        for step in range(selector.steps_from, selector.steps_to, 3):
            if not self._item_passes(self.program.lists + step, token):
                return False
        return True

    cdef bint _item_passes(self, const int32_t* step, const Token* token) noexcept nogil:
        cdef const Token* items = self.tokens.items
        cdef const Token* found = NULL
        cdef int64_t at
        cdef Value value, wanted = self.program.text(step[2])
        cdef int32_t start = 0, stop = 0
        if step[1] < 0:
            return True
        for at in range(self.tokens.count):
            if items[at].dead:
                continue
            if items[at].bit == step[0] and items[at].start <= token.start and items[at].stop >= token.stop:
                start, stop = items[at].start, items[at].stop
                found = NULL
            elif items[at].bit == step[1] and start <= items[at].start < stop:
                found = items + at
        if found == NULL:
            return False
        if found.kind == EMPTY:
            return wanted.size == 0
        if found.kind != TEXT and found.kind != NUMBER:
            return False
        self.inside(self.body, found, &value)
        return equal(&value, &wanted)

    # Values of selectors.

    cdef int32_t resolve(self, int32_t place) noexcept nogil:
        """The selector of a place on this record; -1 where it has none."""
        return self.program.places[place * MODES + self.mode]

    cdef bint raw(self, int32_t number, bint first, int32_t index, Value* value) noexcept nogil:
        """Read one of the scalars at a selector, before filters; false where there are not so many."""
        cdef const Selector* selector = self.program.selectors + number
        cdef int64_t at
        if selector.source == MEMBER and selector.steps_from < selector.steps_to:
            for at in range(self.tokens.count):
                if self.tokens.items[at].bit == selector.slot and not self.tokens.items[at].dead:
                    if self._passes(selector, self.tokens.items + at) and self.scalar(self.tokens.items + at, value):
                        if index == 0:
                            return True
                        index -= 1
            return False
        if index:
            return False
        if selector.source == MEMBER:
            return self.scalar(self.member(selector.slot), value)
        if selector.source == HEADER or selector.source == FOLDED:
            return self.header(selector.slot, first, value)
        if selector.source == CONST:
            value[0] = self.program.text(selector.slot)
            return True
        if selector.source == TOPIC:
            value[0] = self.topic_values[selector.slot]
            return value.data != NULL
        if selector.source == TRACE:
            if not self.trace_known:
                self.trace_known = True
                read_parts(self, self.trace_parts)
            value[0] = self.trace_parts[selector.slot]
            return value.data != NULL
        return self._joined(selector, first, value)

    cdef bint _joined(self, const Selector* selector, bint first, Value* value) noexcept nogil:
        """Join the ids of all parts; false where one of them is missing."""
        cdef Value[_MOST_PARTS] parts
        cdef Place place
        cdef int count = 0
        cdef int32_t at
        for at in range(selector.parts_from, selector.parts_to):
            place = Place(self.program.lists[at], -1, first, 0)
            if count:
                parts[count] = Value(<const uint8_t*>":", 1, True)
                count += 1
            if not self.id(&place, parts + count):
                return False
            count += 1
        value[0] = joined(&self.arena, parts, count)
        return value.data != NULL

    cdef bint read(self, const Place* place, Value* value) noexcept nogil:
        """Read a value through its filters; false where there is none or a filter cannot read it."""
        if not self.raw(place.selector, place.pick_first, place.index, value):
            value[0] = nothing()
            return False
        return self.through_filters(place.selector, value)

    cdef bint through_filters(self, int32_t number, Value* value) noexcept nogil:
        cdef const Selector* selector = self.program.selectors + number
        cdef int32_t at
        for at in range(selector.filters_from, selector.filters_to):
            value[0] = filtered(&self.arena, self.program.lists[at], value[0])
            if value.data == NULL:
                return False
        return True

    cdef bint text(self, const Place* place, Value* value) noexcept nogil:
        """Read a value as text; false, and no value, where it is no UTF-8."""
        if self.read(place, value) and is_utf8_value(value):
            return True
        value[0] = nothing()
        return False

    cdef bint id(self, const Place* place, Value* value) noexcept nogil:
        """Read a value as a canonical id; bytes that are no UTF-8 become ``hex:`` and their digits."""
        if not self.read(place, value):
            return False
        value[0] = id_of(&self.arena, value[0])
        return value.data != NULL

    cdef bint same(self, const Place* left, const Place* right, bint ids) noexcept nogil:
        cdef Value one, other
        if ids:
            self.id(left, &one)
            self.id(right, &other)
        else:
            self.text(left, &one)
            self.text(right, &other)
        return equal(&one, &other)

    cdef bint is_among(self, const Value* id, int32_t texts) noexcept nogil:
        """Whether an id is one of some texts, given as the place of their number in the table of lists."""
        cdef const int32_t* numbers = self.program.lists + texts
        cdef int32_t at
        cdef Value text
        # Few sizes come at all: one look at the bits of those shows that most ids are none of the texts.
        if id.data == NULL or (id.size < 62 and not numbers[1 + id.size // 31] >> (id.size % 31) & 1):
            return False
        for at in range(3, numbers[0] + 3):
            text = self.program.text(numbers[at])
            if text.size == id.size and (id.size == 0 or text.data[0] == id.data[0]) and equal(&text, id):
                return True
        return False

    cdef bint holds(self, const Condition* condition, bint first) except -1 nogil:
        """Whether a condition holds."""
        cdef int32_t number = self.resolve(condition.selector), index = 0
        cdef const Selector* selector
        cdef Place place
        cdef Value value
        if number < 0:
            return False
        selector = self.program.selectors + number
        if condition.test == PATTERN:
            while self.raw(number, first, index, &value):
                place = Place(number, -1, first, index)
                if self.text(&place, &value) and self.program.matches(condition.pattern, &value):
                    return True
                index += 1
            return False
        if selector.source != MEMBER:
            return self.raw(number, first, 0, &value)
        return self._has_member(selector, condition.test)

    cdef bint _has_member(self, const Selector* selector, int test) noexcept nogil:
        cdef const Token* token
        cdef int64_t at
        if selector.steps_from == selector.steps_to:
            token = self.member(selector.slot)
            return token != NULL and _passes_test(token, test)
        for at in range(self.tokens.count):
            token = self.tokens.items + at
            if token.bit == selector.slot and not token.dead and _passes_test(token, test) and self._passes(selector, token):
                return True
        return False


cdef inline bint _passes_test(const Token* token, int test) noexcept nogil:
    if test == EXISTS:
        return True
    return token.kind == OBJECT if test == IS_OBJECT else _has_value(token)


cdef inline bint _has_value(const Token* token) noexcept nogil:
    return token != NULL and token.kind != NULL_ and token.kind != EMPTY


cdef inline bint _is_cloud_event(Value value) noexcept nogil:
    cdef const char* kind = b"application/cloudevents"
    cdef int at
    if value.size < 23:
        return False
    for at in range(23):
        if lower(value.data[at]) != <uint8_t>kind[at]:
            return False
    return True


def read_spring_types(text):
    """Return the types that Spring says its headers have, by name; none where the text is no JSON object."""
    types = read_json(text)
    return types if isinstance(types, dict) else {}
