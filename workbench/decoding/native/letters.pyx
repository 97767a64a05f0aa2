# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads dead letters, by the rules of `workbench.decoding.conventions.dead_letter_body`.

Their bodies are scanned again for the members that their shape names, so that ordinary records pay nothing for them.
The copied value can be a dead letter itself, as a text of JSON: then it is scanned, too, layer by layer.
"""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t
from libc.string cimport memset

from workbench.decoding.native.copies cimport Marks, Origin, position_number, position_of, read_integer
from workbench.decoding.native.decision cimport Decision, Found
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.ids cimport canonical_id, is_utf8_value
from workbench.decoding.native.json cimport GOOD, Token, Tokens, prepare, read_value, release
from workbench.decoding.native.json_parts cimport ARRAY, BOOLEAN, EMPTY, NULL_, NUMBER, OBJECT, TEXT
from workbench.decoding.native.problems cimport Problems, add_word
from workbench.decoding.native.program cimport F_EVENT_TYPE, Letter, Program, text_of
from workbench.decoding.native.values cimport Arena, Value, equal, hex_digit, lower, nothing, take

cdef enum:
    _MOST_LAYERS = 16


cdef class LetterReader:
    """Reads the bodies of dead letters.

    Args:
        program: The conventions.
    """

    def __cinit__(self):
        memset(&self._layer, 0, sizeof(Tokens))
        memset(&self._next, 0, sizeof(Tokens))

    def __init__(self, Program program not None):
        self._program = program
        cdef int bits = program.letter_members.bits
        if not prepare(&self._layer, bits) or not prepare(&self._next, bits):
            raise MemoryError

    def __dealloc__(self):
        release(&self._layer)
        release(&self._next)

    cdef const Letter* shape_of(self, const Decision* decision) noexcept nogil:
        """The shape of a decided record; NULL where it is no dead letter."""
        cdef const int32_t* letter
        cdef const Found* event_type
        cdef int32_t at
        cdef Value text
        if decision.convention < 0 or self._program.conventions[decision.convention].letter < 0:
            return NULL
        letter = self._program.lists + self._program.conventions[decision.convention].letter
        text = text_of(self._program, letter[0])
        if text.data != NULL:
            event_type = decision.fields + <int>F_EVENT_TYPE
            if not event_type.there or not equal(&text, &event_type.value):
                return NULL
        for at in range(letter[1], letter[2]):
            text = text_of(self._program, self._program.letters[at].dialect)
            if text.data == NULL or equal(&text, &decision.dialect):
                return self._program.letters + at
        return NULL

    cdef bint read(self, Facts facts, const Letter* letter, Problems* problems, LetterParts* parts) noexcept nogil:
        """Read the body of a dead letter; false where it names nothing."""
        cdef const Token* body = facts.tokens.items
        cdef Marks innermost
        cdef int before = problems.count
        cdef bint named
        memset(parts, 0, sizeof(LetterParts))
        if not facts.has_body or body.kind != OBJECT:
            return False
        if not self._scan(facts, facts.body, body.start, body.stop):
            return False
        self._swap()
        if letter.inside and (self._at(letter.inside) == NULL or self._at(letter.inside).kind != OBJECT):
            return False
        if letter.lossy:
            add_word(problems, b"lossy_copy")
        self._read_origin(facts, letter, &parts.marks)
        self._read_error(facts, letter, &parts.marks)
        if parts.marks.bad_position:
            add_word(problems, b"bad_position")
        self._note_content(facts, letter, problems)
        parts.position_first = letter.position_first
        if not letter.nested:
            named = parts.marks.origin.there or parts.marks.error.there or problems.count > before
            return named or letter.position_first
        if self._text(facts, letter.message_id, &parts.original):
            parts.original = canonical_id(&facts.arena, parts.original)
            parts.original_via = text_of(self._program, letter.message_via)
        parts.depth = 1
        while parts.depth < _MOST_LAYERS and self._open(facts, letter):
            parts.depth += 1
            self._note_content(facts, letter, problems)
        if parts.depth > 1:
            memset(&innermost, 0, sizeof(Marks))
            self._read_origin(facts, letter, &innermost)
            parts.root = position_of(facts, &innermost.origin)
        self._read_correlation(facts, letter, parts)
        return True

    cdef void _swap(self) noexcept nogil:
        """Make what was scanned the layer that is read."""
        cdef Tokens layer = self._layer
        self._layer = self._next
        self._next = layer

    cdef bint _scan(self, Facts facts, const uint8_t* data, int64_t start, int64_t stop) noexcept nogil:
        """Scan a text behind the layer that is read; false where it is no JSON."""
        if read_value(self._program.letter_members, data, start, stop, &self._next) != GOOD:
            return False
        self._data = data
        return True

    cdef const Token* _at(self, int32_t bit) noexcept nogil:
        cdef int32_t at = self._layer.last_of[bit] - 1 if bit else -1
        if at < 0 or self._layer.items[at].dead:
            return NULL
        return self._layer.items + at

    cdef bint _text(self, Facts facts, int32_t bit, Value* text) noexcept nogil:
        """Read the text of a scalar; half of a surrogate pair, which UTF-8 does not have, is written as its escape."""
        cdef const Token* token = self._at(bit)
        if token == NULL or not (token.kind == TEXT or token.kind == NUMBER or token.kind == BOOLEAN):
            return False
        facts.inside(self._data, token, text)
        if text.data != NULL and not is_utf8_value(text):
            text[0] = _escaped(&facts.arena, text)
        return text.data != NULL

    cdef void _read_origin(self, Facts facts, const Letter* letter, Marks* marks) noexcept nogil:
        cdef Origin* origin = &marks.origin
        cdef Value text
        cdef int at
        if self._text(facts, letter.topic, &text):
            origin.topic, origin.there = text, True
        for at in range(2):
            if self._text(facts, letter.offset if at else letter.partition, &text):
                origin.has[at] = position_number(at, &text, &origin.numbers[at])
                origin.there |= origin.has[at]
                marks.bad_position |= not origin.has[at]
        origin.via = text_of(self._program, letter.via)

    cdef void _read_error(self, Facts facts, const Letter* letter, Marks* marks) noexcept nogil:
        cdef Value text
        cdef int32_t[3] members
        cdef int at
        members[0], members[1], members[2] = letter.type, letter.message, letter.stage
        for at in range(3):
            if self._text(facts, members[at], &text):
                marks.error.texts[at], marks.error.there = text, True
        if self._text(facts, letter.attempts, &text) and read_integer(&text, INT32_MAX, &marks.error.attempts):
            marks.error.has_attempts = marks.error.there = True

    cdef void _note_content(self, Facts facts, const Letter* letter, Problems* problems) noexcept nogil:
        """Report a copy that is a marker, or that was redacted."""
        cdef const int32_t* markers = self._program.lists + self._program.words.markers
        cdef const Token* token = self._at(letter.content)
        cdef Value text, marker
        cdef int32_t at
        if token != NULL and token.kind == TEXT:
            facts.inside(self._data, token, &text)
            for at in range(1, markers[0] + 1):
                marker = text_of(self._program, markers[at])
                if equal(&marker, &text):
                    add_word(problems, b"marker_body")
        token = self._at(letter.redacted)
        if token != NULL and _is_filled(self._data, token):
            add_word(problems, b"redacted")
        token = self._at(letter.reason)
        if token != NULL and token.kind == TEXT:
            facts.inside(self._data, token, &text)
            if _says_redacted(text):
                add_word(problems, b"redacted")

    cdef bint _open(self, Facts facts, const Letter* letter) noexcept nogil:
        """Step into the copied value where it is a dead letter of the same shape."""
        cdef const Token* token = self._at(letter.content)
        cdef const uint8_t* former = self._data
        if token == NULL:
            return False
        if token.kind == TEXT:
            if not self._scan_text(facts, token):
                return False
        elif token.kind != OBJECT or not self._scan(facts, former, token.start, token.stop):
            return False
        self._swap()
        if (
            self._layer.items[0].kind == OBJECT
            and self._at(letter.topic) != NULL
            and self._at(letter.container) != NULL
            and self._at(letter.container).kind == OBJECT
        ):
            return True
        self._swap()
        self._data = former
        return False

    cdef bint _scan_text(self, Facts facts, const Token* token) noexcept nogil:
        cdef Value text
        facts.inside(self._data, token, &text)
        return text.data != NULL and self._scan(facts, text.data, 0, text.size)

    cdef void _read_correlation(self, Facts facts, const Letter* letter, LetterParts* parts) noexcept nogil:
        """Read the correlation id inside the innermost value."""
        cdef const Token* token = self._at(letter.content)
        if token == NULL or token.kind != TEXT or not self._scan_text(facts, token):
            return
        self._swap()
        if self._layer.items[0].kind == OBJECT and self._text(facts, letter.correlation, &parts.correlation):
            parts.correlation = canonical_id(&facts.arena, parts.correlation)


cdef bint _is_filled(const uint8_t* data, const Token* token) noexcept nogil:
    """Whether a value is one that Python calls true: no null, false, empty text, list or object."""
    cdef int32_t at
    if token.kind == NULL_ or token.kind == EMPTY:
        return False
    if token.kind == BOOLEAN:
        return data[token.start] == c"t"
    if token.kind != OBJECT and token.kind != ARRAY:
        return True
    for at in range(token.start + 1, token.stop - 1):
        if data[at] != c" " and not 9 <= data[at] <= 13:
            return True
    return False


cdef bint _says_redacted(Value text) noexcept nogil:
    """Whether a text ends with the word and closing brackets or points behind it."""
    cdef const char* word = b"redacted"
    cdef const uint8_t* data = text.data
    cdef int32_t stop = text.size, at
    while stop and (data[stop - 1] == c" " or 9 <= data[stop - 1] <= 13):
        stop -= 1
    while stop and (
        data[stop - 1] == c"]" or data[stop - 1] == c")" or data[stop - 1] == c"}" or data[stop - 1] == c">"
        or data[stop - 1] == c"."
    ):
        stop -= 1
    if stop < 8:
        return False
    for at in range(8):
        if lower(data[stop - 8 + at]) != <uint8_t>word[at]:
            return False
    return True


cdef Value _escaped(Arena* arena, const Value* text) noexcept nogil:
    """Write halves of surrogate pairs, which are three bytes that are no UTF-8, as ``\\uXXXX``."""
    cdef uint8_t* into = take(arena, 2 * <int64_t>text.size)
    cdef int32_t at = 0, size = 0, unit, place
    if into == NULL:
        return nothing()
    while at < text.size:
        if text.data[at] != 0xED or text.data[at + 1] < 0xA0:
            into[size] = text.data[at]
            at += 1
            size += 1
            continue
        unit = 0xD000 | (text.data[at + 1] & 0x3F) << 6 | (text.data[at + 2] & 0x3F)
        into[size] = c"\\"
        into[size + 1] = c"u"
        for place in range(4):
            into[size + 2 + place] = hex_digit(unit >> (12 - 4 * place) & 15)
        at += 3
        size += 6
    return Value(into, size, True)
