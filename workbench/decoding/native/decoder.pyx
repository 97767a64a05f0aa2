# cython: language_level=3, boundscheck=False, wraparound=False
"""Decodes a batch of records: each is read once, decided about, and written to the columns of events.

A record takes these steps: its header names are looked up, its JSON text is scanned for members that somebody reads,
the conventions that can match its names are asked, and what is decided is written. Only values that the scanner cannot
read take the interpreter's lock: they are given to the formats, which read them or say why not.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from workbench.buffers.slices cimport Column, address, column_of, is_null
from workbench.decoding.native.causes cimport add_cause, insert_cause
from workbench.decoding.native.copies cimport Copy, position_of, read_copy
from workbench.decoding.native.damage cimport CUT_OFF, NO_JSON, UNKNOWN_DAMAGE, Damage, damage_of
from workbench.decoding.native.decision cimport DECLARED, UNKNOWN, Causes, Decision, Fixed, Found, decide
from workbench.decoding.native.events cimport EventColumns
from workbench.decoding.native.facts cimport Facts, member_of
from workbench.decoding.native.json cimport GOOD, NO_MEMORY, Token, Verdict, clear, read_value
from workbench.decoding.native.letters cimport LetterParts, LetterReader
from workbench.decoding.native.problems cimport add, add_about, add_word
from workbench.decoding.native.program cimport (
    EVENT_ID,
    F_CORRELATION_ID,
    F_REQUEST_ID,
    POSITION,
    Convention,
    Letter,
    Program,
)
from workbench.decoding.native.traces cimport TraceContext, read_trace
from workbench.decoding.native.values cimport Value, equal, nothing

cdef enum:
    _PREFIX_SIZE = 5  # of a value that was written with a schema registry: a zero byte and the number of the schema
    _KNOWN_SETS = 128  # of names of records, whose candidates are remembered

# First bytes behind white space of JSON texts and of the byte order mark.
cdef uint8_t _FIRST[256]
for _byte in range(256):
    _FIRST[_byte] = _byte in b'{["-0123456789tfn\xef'


cdef struct Read:  # a value, after a format has read it or none could
    Value format
    Value damage
    const uint8_t* body
    bint has_body


cdef class BatchDecoder:
    """Decodes the records of one batch.

    Args:
        program: The conventions.
        topic_texts: What each topic selector finds in the topic of the batch; None for nothing.
        fixed: Name of the convention that is fixed for the topic as a number of a text, -1 for none; whether it is
            forced; whether it reads values.
        headers: List column of name and value.
        values: Binary column.
        others: Rows whose value another format than JSON claims (uint8).
        ask: Reads a value with all formats: called with a row, returns format, JSON text or None, damage, and codes of
            problems.
        only_builtin: Whether there are no formats but JSON and raw bytes.
    """

    cdef Program program
    cdef Facts facts
    cdef Decision decision
    cdef EventColumns columns
    cdef LetterReader _letters
    cdef Column values
    cdef Fixed fixed
    cdef object _values, _others, _ask, _kept
    cdef const uint8_t* _others_at
    cdef bint _only_builtin
    cdef uint64_t* _asked  # names that any convention asks for
    cdef uint64_t* _known_names  # sets of names, a place for each hash of one
    cdef int32_t* _known_counts  # how many candidates each has; -1 for a free place
    cdef int32_t* _known_candidates
    cdef const int32_t* _candidates
    cdef int32_t _candidate_count
    cdef bint _silent  # whether the decision is one about a row that says nothing, and matched nothing

    def __cinit__(self):
        memset(&self.decision, 0, sizeof(Decision))
        self._known_names = self._asked = NULL
        self._known_counts = self._known_candidates = NULL

    def __init__(self, Program program not None, topic_texts, fixed, headers, values, others, ask, bint only_builtin):
        self.program = program
        self.facts = Facts(program, headers, topic_texts)
        self.columns = EventColumns(len(values))
        self._letters = LetterReader(program)
        self._values, self._others, self._ask, self._only_builtin = values, others, ask, only_builtin
        self.values = column_of(values)
        self._others_at = <const uint8_t*>address(others)
        self.fixed = Fixed(fixed[0], fixed[1], fixed[2])
        self._known_names = <uint64_t*>malloc(_KNOWN_SETS * <size_t>(program.mask_words + 1) * sizeof(uint64_t))
        self._known_counts = <int32_t*>malloc(_KNOWN_SETS * sizeof(int32_t))
        self._known_candidates = <int32_t*>malloc(
            _KNOWN_SETS * <size_t>(program.convention_count + 1) * sizeof(int32_t)
        )
        self._asked = <uint64_t*>calloc(<size_t>program.mask_words + 1, sizeof(uint64_t))
        if self._known_names == NULL or self._known_counts == NULL or self._known_candidates == NULL:
            raise MemoryError
        if self._asked == NULL:
            raise MemoryError
        _see_asked(program, self._asked)
        memset(self._known_counts, 0xFF, _KNOWN_SETS * sizeof(int32_t))

    def __dealloc__(self):
        free(self.decision.causes.items)
        free(self.decision.candidates.items)
        free(self._asked)
        free(self._known_names)
        free(self._known_counts)
        free(self._known_candidates)

    def decode(self, int64_t rows):
        """Decode the first rows; returns the columns by name.

        Raises:
            MemoryError: There is no room for the columns.
        """
        cdef int64_t row
        with nogil:
            for row in range(rows):
                self._decode(row)
        return self.columns.arrays(rows)

    cdef int _decode(self, int64_t row) except -1 nogil:
        cdef Read read
        cdef TraceContext trace
        cdef bint good
        self.facts.load(row)
        self.facts.prepare_headers()
        self.decision.problems.count = 0
        self._read(row, &read)
        if self._silent and self.facts.say_nothing() and not self.decision.problems.count:
            # Tombstones, bytes, and bodies of no convention come in rows, and what was decided about the last one stands.
            trace.found = False
        else:
            self._decide(row, &read, &trace)
        good = self.columns.put(row, self.facts, &self.decision, &trace, &read.format, &read.damage)
        if not good or self.facts.arena.failed:
            with gil:
                raise MemoryError("there is no room for the decoded columns")
        return 0

    cdef int _decide(self, int64_t row, const Read* read, TraceContext* trace) except -1 nogil:
        cdef const Letter* letter
        self.facts.see_body(read.body, read.has_body)
        self._find_candidates()
        decide(self.facts, &self.decision, &self.fixed, self._candidates, self._candidate_count)
        trace[0] = read_trace(
            self.facts,
            self.decision.trace_rules,
            self.decision.trace_rule_count,
            self.decision.trace_places,
            self.decision.trace_place_count,
            &self.decision.problems,
        )
        letter = self._letters.shape_of(&self.decision)
        if self.facts.is_copy or letter != NULL:
            self._read_copy(row, letter)
        if self.facts.bad_names:
            add_word(&self.decision.problems, b"header_name_not_utf8")
        if self.facts.odd_contents:
            self._report_amqp()
        self._silent = self._candidate_count == 0 and self.fixed.name < 0 and self.facts.say_nothing()
        return 0

    cdef int _read_copy(self, int64_t row, const Letter* letter) except -1 nogil:
        """Read what the record is a copy of; its original is a cause by position."""
        cdef Copy copy
        cdef LetterParts parts
        cdef bint is_letter = letter != NULL and self._letters.read(self.facts, letter, &self.decision.problems, &parts)
        cdef Found* request_id = self.decision.fields + <int>F_REQUEST_ID
        cdef Found* correlation = self.decision.fields + <int>F_CORRELATION_ID
        memset(&copy, 0, sizeof(Copy))
        read_copy(self.facts, &parts.marks if is_letter else NULL, &copy)
        if copy.bad_position:
            add_word(&self.decision.problems, b"bad_position")
        if copy.request_id.data != NULL and not (request_id.there and request_id.value.size):
            request_id.there, request_id.value = True, copy.request_id
        if is_letter and parts.correlation.data != NULL and correlation.there and correlation.value.data != NULL:
            if not equal(&parts.correlation, &correlation.value):
                add_word(&self.decision.problems, b"disagreement:correlation_id")
        self._add_original(&copy, &parts if is_letter else NULL)
        self.facts.arena.failed |= not self.columns.put_copy(row, &copy)
        if is_letter and parts.depth:
            self.facts.arena.failed |= not self.columns.put_layers(row, parts.depth, &parts.root)
        return 0

    cdef void _add_original(self, const Copy* copy, const LetterParts* parts) noexcept nogil:
        """Add the original as a cause: before the declared ones where the dead letter asks for it."""
        cdef Causes* causes = &self.decision.causes
        cdef Value position = position_of(self.facts, &copy.origin)
        cdef int64_t at = 0
        cdef bint good = True
        if parts != NULL and parts.position_first:
            if position.data != NULL:
                good &= insert_cause(causes, 0, POSITION, position, copy.origin.via)
            if parts.original.data != NULL:
                good &= insert_cause(causes, position.data != NULL, EVENT_ID, parts.original, parts.original_via)
        elif position.data != NULL:
            good = add_cause(causes, POSITION, position, copy.origin.via)
        if causes.count and self.decision.cause_state == UNKNOWN:
            self.decision.cause_state = DECLARED
        self.facts.arena.failed |= not good

    # The value.

    cdef int _read(self, int64_t row, Read* read) except -1 nogil:
        """Read the value with the format that it is of."""
        cdef int64_t start, stop, first
        cdef const uint8_t* data = self.values.data
        cdef Verdict verdict
        read.format = read.damage = nothing()
        read.body, read.has_body = data, False
        clear(&self.facts.tokens)
        if is_null(&self.values, row):
            return 0
        if self._others_at[row]:
            return self._ask_formats(row, read)
        start, stop = self.values.ends[row], self.values.ends[row + 1]
        first = _skip(data, start, stop)
        if start < stop and data[start] == 0 and stop - start > _PREFIX_SIZE and data[start + _PREFIX_SIZE] == c"{":
            start += _PREFIX_SIZE
        elif first == stop or not _FIRST[data[first]]:
            read.format = _word(b"raw", 3)
            return 0
        if stop - start >= 3 and data[start] == 0xEF and data[start + 1] == 0xBB and data[start + 2] == 0xBF:
            start += 3
        verdict = self._scan(data, start, stop)
        if verdict == GOOD:
            read.format, read.has_body = _word(b"json", 4), True
            return 0
        if verdict == NO_MEMORY:
            with gil:
                raise MemoryError("there is no room for the members of a value")
        first = _skip(data, start, stop)
        if self._only_builtin and first < stop and data[first] == c"{" and self._is_refused(start, stop, read):
            return 0
        clear(&self.facts.tokens)
        # Words and numbers that are no JSON are another text. After a bracket more has to be known.
        if self._only_builtin and (first == stop or (data[first] != c"{" and data[first] != c"[")):
            read.format = _word(b"raw", 3)
            return 0
        return self._ask_formats(row, read)

    cdef Verdict _scan(self, const uint8_t* data, int64_t start, int64_t stop) noexcept nogil:
        """Scan a JSON text; of the object in which Kafka Connect wraps a value, only the payload."""
        cdef const Token* payload
        cdef Verdict verdict = read_value(self.program.members, data, start, stop, &self.facts.tokens)
        if verdict != GOOD or self.facts.tokens.members != 2:
            return verdict
        self.facts.body = data
        payload = member_of(self.facts, self.program.words.payload)
        if payload == NULL or member_of(self.facts, self.program.words.schema) == NULL:
            return verdict
        return read_value(self.program.members, data, payload.start, payload.stop, &self.facts.tokens)

    cdef bint _is_refused(self, int64_t start, int64_t stop, Read* read) noexcept nogil:
        """Note why an object was refused; false where Python has to be asked."""
        cdef Damage damage = damage_of(
            self.values.data, start, stop, &self.facts.tokens, &self.facts.arena, &read.damage
        )
        if damage == UNKNOWN_DAMAGE:
            return False
        clear(&self.facts.tokens)
        read.format = _word(b"raw", 3) if damage == NO_JSON else _word(b"damaged", 7)
        if damage != NO_JSON:
            add_word(&self.decision.problems, b"cut_off_value:json" if damage == CUT_OFF else b"unreadable_value:json")
        return True

    cdef int _ask_formats(self, int64_t row, Read* read) except -1 nogil:
        """Give a value to the formats: one reads it, or they say why not."""
        cdef Verdict verdict
        cdef const uint8_t* body
        cdef int64_t size
        with gil:
            format, text, damage, problems = self._kept = self._ask(row)
            read.format, read.damage = _text_of(format), _text_of(damage)
            for code in problems:
                add(&self.decision.problems, _text_of(code))
            if text is None:
                return 0
            body, size = <const uint8_t*>(<const char*>(<bytes>text)), len(text)
        verdict = read_value(self.program.members, body, 0, size, &self.facts.tokens)
        if verdict == NO_MEMORY:
            with gil:
                raise MemoryError("there is no room for the members of a value")
        read.body, read.has_body = body, verdict == GOOD
        return 0

    # The conventions.

    cdef void _find_candidates(self) noexcept nogil:
        """Find the conventions that can match the names of the record's headers and members."""
        cdef uint64_t* present = self.facts.present
        cdef size_t size = <size_t>self.program.mask_words * sizeof(uint64_t)
        cdef uint64_t* known
        cdef int64_t at, bit, place
        cdef int32_t* candidates
        cdef int32_t count = 0
        cdef const int32_t* order = self.program.lists + self.program.words.order
        cdef const Convention* convention
        memset(present, 0, size)
        for at in range(self.facts.touched_count):
            bit = self.facts.touched[at]
            present[bit >> 6] |= <uint64_t>1 << (bit & 63)
        for at in range(self.facts.tokens.count):
            bit = self.facts.tokens.items[at].bit
            if 1 <= bit <= self.program.top_members:
                bit += self.program.slots + self.program.folded_slots
                present[bit >> 6] |= <uint64_t>1 << (bit & 63)
        # Few sets of names make most of a topic, and each has the same candidates whenever it comes. Names that no
        # convention asks for would make many sets of one.
        for at in range(self.program.mask_words):
            present[at] &= self._asked[at]
        place = _place_of(present, self.program.mask_words)
        known = self._known_names + place * self.program.mask_words
        candidates = self._known_candidates + place * self.program.convention_count
        self._candidates = candidates
        self._candidate_count = self._known_counts[place]
        if self._candidate_count >= 0 and memcmp(present, known, size) == 0:
            return
        for at in range(self.program.convention_count):
            convention = self.program.conventions + order[at]
            if _may_match(self.program, convention, present):
                candidates[count] = order[at]
                count += 1
        memcpy(known, present, size)
        self._known_counts[place] = self._candidate_count = count

    cdef void _report_amqp(self) noexcept nogil:
        """Report the headers that were read from the encoding of AMQP."""
        cdef int64_t entry
        cdef Value value
        cdef bint amqp
        for entry in range(self.facts.entry, self.facts.entry + self.facts.entries):
            amqp = False
            self.facts.content_of(entry, &value, &amqp)
            if amqp:
                value = self.facts.name_of(entry)
                if value.data != NULL:
                    add_about(&self.decision.problems, &self.facts.arena, b"amqp_encoded:", value)


cdef void _see_asked(Program program, uint64_t* asked) noexcept:
    """Collect the names of all masks."""
    cdef int64_t at, row, word
    for at in range(program.convention_count):
        for row in range(program.conventions[at].masks_from, program.conventions[at].masks_to):
            for word in range(program.mask_words):
                asked[word] |= program.masks[row * program.mask_words + word]


cdef inline int64_t _place_of(const uint64_t* names, int64_t words) noexcept nogil:
    cdef uint64_t mixed = 0
    cdef int64_t word
    for word in range(words):
        mixed = (mixed ^ names[word]) * <uint64_t>0x9E3779B97F4A7C15
        mixed ^= mixed >> 32
    return mixed & (_KNOWN_SETS - 1)


cdef bint _may_match(Program program, const Convention* convention, const uint64_t* present) noexcept nogil:
    cdef int64_t row, word
    cdef const uint64_t* mask
    for row in range(convention.masks_from, convention.masks_to):
        mask = program.masks + row * program.mask_words
        for word in range(program.mask_words):
            if mask[word] & present[word]:
                break
        else:
            return False
    return True


cdef inline int64_t _skip(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    while at < stop and (data[at] == c" " or data[at] == c"\t" or data[at] == c"\n" or data[at] == c"\r"):
        at += 1
    return at


cdef inline Value _word(const char* word, int32_t size) noexcept nogil:
    return Value(<const uint8_t*>word, size, True)


cdef Value _text_of(text):
    """Return a value that points into a bytes object, which the caller keeps."""
    if text is None:
        return nothing()
    return Value(<const uint8_t*>(<const char*>(<bytes>text)), <int32_t>len(text), True)
