# cython: language_level=3, boundscheck=False, wraparound=False
"""Answers the questions that are asked about one record: by the same rules as `workbench.decoding.conventions.facts`.

Its headers are what `headers` found; members are the tokens of its JSON text. Values point into the batch; those that
had to be made lie in the arena until the next record.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from workbench.decoding.native.filters cimport filtered
from workbench.decoding.native.headers cimport RecordHeaders
from workbench.decoding.native.ids cimport id_of, is_utf8_value
from workbench.decoding.native.json cimport Token, Tokens, prepare, release
from workbench.decoding.native.json_parts cimport BOOLEAN, EMPTY, NULL_, NUMBER, OBJECT, TEXT
from workbench.decoding.native.program cimport (
    CONST,
    EXISTS,
    FOLDED,
    HEADER,
    IS_OBJECT,
    MEMBER,
    PATTERN,
    TOPIC,
    TRACE,
    Condition,
    Program,
    Selector,
    text_of,
)
from workbench.decoding.native.traces cimport read_parts
from workbench.decoding.native.values cimport Value, equal, joined, lower, nothing, stripped

cdef enum:
    _MOST_PARTS = 32  # of a joined value


cdef class Facts(RecordHeaders):
    """The record that a decoder is at.

    Args:
        program: The conventions.
        records: The columns ``headers`` and ``value`` of a batch.
        topic: The topic of all its records.
    """

    def __cinit__(self):
        memset(&self.tokens, 0, sizeof(Tokens))
        self.present = NULL
        self.topic_values = NULL

    def __init__(self, Program program not None, headers, topic_texts):
        cdef int64_t at
        RecordHeaders.__init__(self, program, headers)
        self.present = <uint64_t*>calloc(program.mask_words + 1, sizeof(uint64_t))
        self.topic_values = <Value*>calloc(len(topic_texts) + 1, sizeof(Value))
        if self.present == NULL or self.topic_values == NULL or not prepare(&self.tokens, program.members.bits):
            raise MemoryError
        self._topic_texts = [None if text is None else text.encode() for text in topic_texts]
        for at in range(len(self._topic_texts)):
            text = self._topic_texts[at]
            if text is not None:
                self.topic_values[at] = Value(<const uint8_t*>(<char*><bytes>text), <int>len(text), True)

    def __dealloc__(self):
        release(&self.tokens)
        free(self.present)
        free(self.topic_values)

    # The body.

    cdef bint say_nothing(self) noexcept nogil:
        """Whether the record has no header, and its body no member that anybody reads: its only token is the body."""
        return not self.entries and self.tokens.count <= 1

    cdef void see_body(self, const uint8_t* body, bint has_body) noexcept nogil:
        """Take the tokens as those of the record, and see how it writes CloudEvents."""
        cdef int at
        cdef Value content_type
        self.body, self.has_body = body, has_body
        self.trace_known = False
        self.structured = self.header(self.program.words.content_type, False, &content_type) and _is_cloud_event(
            stripped(content_type)
        )
        if not self.structured and has_body and self.tokens.items[0].kind == OBJECT:
            self.structured = True
            for at in range(4):
                if not _has_value(member_of(self, self.program.words.ce_required[at])):
                    self.structured = False
                    break
        self.mode = 5 + self.prefix if self.structured else 1 + self.prefix if self.ce_headers else 0

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
        cdef Value value, wanted = text_of(self.program, step[2])
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
            return self.scalar(member_of(self, selector.slot), value)
        if selector.source == HEADER or selector.source == FOLDED:
            return self.header(selector.slot, first, value)
        if selector.source == CONST:
            value[0] = text_of(self.program, selector.slot)
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
            text = text_of(self.program, numbers[at])
            # The longest come first.
            if text.size < id.size:
                return False
            if text.size == id.size and (id.size == 0 or text.data[0] == id.data[0]) and equal(&text, id):
                return True
        return False

    cdef bint holds(self, const Condition* condition, bint first) except -1 nogil:
        """Whether a condition holds."""
        cdef int32_t number = resolved(self, condition.selector), index = 0
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
            token = member_of(self, selector.slot)
            return token != NULL and _passes_test(token, test)
        for at in range(self.tokens.count):
            token = self.tokens.items + at
            if token.bit == selector.slot and not token.dead and _passes_test(token, test):
                if self._passes(selector, token):
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
