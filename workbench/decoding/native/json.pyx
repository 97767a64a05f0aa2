# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds where the known members of a JSON text (RFC 8259) stand, and checks every byte of it.

Of members of one name in one object the last counts. A name may be written with escapes. Half of a surrogate pair,
which UTF-8 does not have, is accepted as JSON does; `unescape` writes it as three bytes that are no UTF-8.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from workbench.decoding.native.members cimport NO_BIT, ROOT_BIT, Member, MemberTable, find_member
from workbench.buffers.slices cimport grown
from workbench.buffers.utf8 cimport utf8_size

cdef enum:
    _LONGEST_NAME = 256  # of names that are written with escapes and compared with those that are known

# Bytes that stand for themselves inside a text are plain: no quote, no backslash, no control character (below 0x20), no
# part of a longer character (from 0x80). All processors of x86-64 compare 16 bytes at once; a signed comparison with 0x20
# finds both those below it and those from 0x80. Elsewhere 8 bytes are looked at in a word: subtracting borrows from the
# next higher byte only, so the lowest byte that is marked is really one, and the loop behind finds it.
cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #endif
    #define WB_EACH(byte) (0x0101010101010101ULL * (byte))
    static inline int wb_is_plain(unsigned char byte) {
        return byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C;
    }
    static inline int64_t wb_plain_end(const uint8_t* data, int64_t at, int64_t stop) {
    #if defined(__SSE2__)
        while (stop - at >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i*)(data + at));
            __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5C))));
            int found = _mm_movemask_epi8(special);
            if (found) return at + __builtin_ctz(found);
            at += 16;
        }
    #else
        while (stop - at >= 8) {
            uint64_t word;
            memcpy(&word, data + at, 8);
            uint64_t special = ((word ^ WB_EACH(0x22)) - WB_EACH(1)) | ((word ^ WB_EACH(0x5C)) - WB_EACH(1));
            if ((special | (word - WB_EACH(0x20)) | word) & WB_EACH(0x80)) break;
            at += 8;
        }
    #endif
        while (at < stop && wb_is_plain(data[at])) at++;
        return at;
    }
    """
    int64_t wb_plain_end(const uint8_t* data, int64_t at, int64_t stop) nogil

# Letters of the escapes that have two bytes.
cdef uint8_t _SHORT[256]
for _byte in range(256):
    _SHORT[_byte] = _byte in b'"\\/bfnrt'


cdef struct Reader:
    const uint8_t* data
    int64_t stop
    Tokens* tokens
    int64_t token  # of the value that comes next, -1 where nobody reads it
    int16_t node


cdef struct Text:
    int64_t start  # after the first quote
    int64_t stop  # the last quote
    bint escaped
    bint is_open  # whether the data ends before the text does


cdef bint prepare(Tokens* tokens, int bits) noexcept:
    """Make room for the tokens of values; false where there is none. `release` gives it back."""
    memset(tokens, 0, sizeof(Tokens))
    tokens.last_of = <int32_t*>calloc(bits, sizeof(int32_t))
    return tokens.last_of != NULL


cdef void release(Tokens* tokens) noexcept:
    free(tokens.items)
    free(tokens.levels)
    free(tokens.last_of)


cdef void clear(Tokens* tokens) noexcept nogil:
    """Forget the tokens of the last value."""
    cdef int64_t at
    for at in range(tokens.count):
        tokens.last_of[tokens.items[at].bit] = 0
    tokens.count = tokens.members = 0
    tokens.ending = WHOLE


cdef Verdict read_value(
    MemberTable table, const uint8_t* data, int64_t at, int64_t stop, Tokens* tokens
) noexcept nogil:
    """Read the text in ``data[at:stop]`` to tokens: one for the value itself, then its known members as they stand.

    After anything but `GOOD` the tokens say nothing.
    """
    cdef Reader reader
    cdef Level* level = NULL
    cdef Verdict verdict
    cdef bint opened
    cdef int64_t depth = -1
    clear(tokens)
    reader = Reader(data, stop, tokens, -1, 0)
    at = _skip(data, at, stop)
    reader.token = _new_token(tokens, at, ROOT_BIT)
    if reader.token < 0:
        return NO_MEMORY
    if at < stop and data[at] != c"{" and data[at] != c"[":
        at = _scalar(&reader, at)
        return GOOD if at >= 0 and _skip(data, at, stop) == stop else REFUSED
    while True:
        # A value begins here. An object or array that is not empty leaves ``at`` before its first member or item.
        opened = False
        if at < stop and (data[at] == c"{" or data[at] == c"["):
            depth += 1
            level = _open(&reader, depth, data[at])
            if level == NULL:
                return NO_MEMORY
            at = _skip(data, at + 1, stop)
            opened = at >= stop or data[at] != level.closer
        else:
            at = _scalar(&reader, at)
            if at < 0:
                return REFUSED
            at = _skip(data, at, stop)
        # The value is complete. Each closing bracket completes the object or array around it as well.
        while not opened and at < stop and data[at] == level.closer:
            at += 1
            if level.token >= 0:
                tokens.items[level.token].stop = <int32_t>at
            at = _skip(data, at, stop)
            if depth == 0:
                # Only white space may follow: ``{}{}`` is no JSON text.
                return GOOD if at == stop else REFUSED
            depth -= 1
            level = tokens.levels + depth
        tokens.depth = depth
        if not opened:
            # A comma must be followed by a member or item, which the next turn reads; so ``[1,]`` is refused there.
            if at >= stop:
                return _ended(&reader, BEFORE_COMMA, stop)
            if data[at] != c",":
                return REFUSED
            at = _skip(data, at + 1, stop)
        reader.token = reader.node = -1
        if level.closer == c"}":
            tokens.members += depth == 0
            verdict = _member(&reader, table, level, &at)
            if verdict != GOOD:
                return verdict
        elif level.node >= 0 and table.items[level.node].bit != NO_BIT:
            reader.node = table.items[level.node].node
            reader.token = _new_token(tokens, at, table.items[level.node].bit)
            if reader.token < 0:
                return NO_MEMORY


cdef bint read_scalar(const uint8_t* data, int64_t size, Token* token) noexcept nogil:
    """Read a JSON text that is neither object nor array to a token; false where it is none."""
    cdef Tokens one
    cdef Reader reader
    cdef int64_t at = _skip(data, 0, size)
    one.items = token
    token[0] = Token(<int32_t>at, <int32_t>at, ROOT_BIT, ABSENT, False, False)
    reader = Reader(data, size, &one, 0, -1)
    at = _scalar(&reader, at)
    return at >= 0 and _skip(data, at, size) == size


cdef inline Level* _open(Reader* reader, int64_t depth, uint8_t byte) noexcept nogil:
    """Step into an object or array; NULL where there is no memory."""
    cdef Tokens* tokens = reader.tokens
    cdef Level* level
    if depth >= tokens.depth_room:
        level = <Level*>grown(tokens.levels, &tokens.depth_room, depth + 16, sizeof(Level))
        if level == NULL:
            return NULL
        tokens.levels = level
    level = tokens.levels + depth
    level[0] = Level(reader.token, tokens.count, reader.node, c"}" if byte == c"{" else c"]")
    if reader.token >= 0:
        tokens.items[reader.token].kind = OBJECT if byte == c"{" else ARRAY
    return level


cdef inline int64_t _scalar(Reader* reader, int64_t at) noexcept nogil:
    """Read a text, number or word; where it ends, -1 where there is none."""
    cdef Text text
    cdef Kind kind
    cdef Token* token
    text.escaped = False
    if at >= reader.stop:
        _ended(reader, BEFORE_VALUE, reader.stop)
        return -1
    if reader.data[at] == c'"':
        if not _text(reader.data, at + 1, reader.stop, &text):
            if text.is_open:
                _ended(reader, IN_TEXT, at)
            return -1
        at = text.stop + 1
        kind = TEXT if text.stop > text.start else EMPTY
    else:
        at = _literal(reader.data, at, reader.stop, &kind)
    if reader.token >= 0:
        token = reader.tokens.items + reader.token
        token.stop = <int32_t>at
        token.kind = kind
        token.escaped = text.escaped
    return at


cdef inline Verdict _member(Reader* reader, MemberTable table, const Level* level, int64_t* at) noexcept nogil:
    """Read a name and its colon, and see who reads what follows."""
    cdef Text text
    cdef const Member* member = NULL
    cdef const uint8_t* data = reader.data
    cdef uint8_t name[_LONGEST_NAME]
    if at[0] >= reader.stop:
        return _ended(reader, BEFORE_NAME, reader.stop)
    if data[at[0]] != c'"':
        return REFUSED
    if not _text(data, at[0] + 1, reader.stop, &text):
        return _ended(reader, IN_TEXT, at[0]) if text.is_open else REFUSED
    at[0] = _skip(data, text.stop + 1, reader.stop)
    if at[0] >= reader.stop:
        return _ended(reader, BEFORE_COLON, reader.stop)
    if data[at[0]] != c":":
        return REFUSED
    at[0] = _skip(data, at[0] + 1, reader.stop)
    if level.node < 0:
        return GOOD
    if not text.escaped:
        member = find_member(table, level.node, data + text.start, text.stop - text.start)
    elif text.stop - text.start <= _LONGEST_NAME:
        member = find_member(table, level.node, name, unescape(data + text.start, text.stop - text.start, name))
    if member == NULL:
        return GOOD
    if reader.tokens.last_of[member.bit] > level.first:
        _replace(reader.tokens, reader.tokens.last_of[member.bit] - 1, level == reader.tokens.levels)
    reader.token = _new_token(reader.tokens, at[0], member.bit)
    reader.node = member.node
    return GOOD if reader.token >= 0 else NO_MEMORY


cdef Verdict _ended(Reader* reader, Ending ending, int64_t at) noexcept nogil:
    """Note what is missing of a text that ends too early."""
    reader.tokens.ending, reader.tokens.ending_at = ending, at
    return REFUSED


cdef void _replace(Tokens* tokens, int64_t at, bint top) noexcept nogil:
    """Take back the value of a member that comes again in the same object, and all that was read inside of it."""
    cdef int32_t stop = tokens.items[at].stop
    tokens.members -= top
    while at < tokens.count and tokens.items[at].start < stop:
        tokens.items[at].dead = True
        at += 1


cdef inline int64_t _new_token(Tokens* tokens, int64_t at, uint16_t bit) noexcept nogil:
    cdef Token* items
    if tokens.count >= tokens.room:
        items = <Token*>grown(tokens.items, &tokens.room, tokens.count + 1, sizeof(Token))
        if items == NULL:
            return -1
        tokens.items = items
    tokens.items[tokens.count] = Token(<int32_t>at, <int32_t>at, bit, ABSENT, False, False)
    tokens.count += 1
    tokens.last_of[bit] = <int32_t>tokens.count
    return tokens.count - 1


cdef inline int64_t _skip(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Step over the white space of JSON; never beyond ``stop``."""
    # Compact texts have none, so the one comparison that says so comes first.
    while at < stop and data[at] <= c" ":
        if data[at] != c" " and data[at] != b"\n" and data[at] != b"\r" and data[at] != b"\t":
            break
        at += 1
    return at


cdef inline bint _text(const uint8_t* data, int64_t at, int64_t stop, Text* text) noexcept nogil:
    """Read what follows a quote, up to the next one; false where it is no text."""
    cdef uint8_t byte
    cdef int size
    cdef int64_t unit_end = -1
    text.start = at
    text.escaped = text.is_open = False
    while True:
        at = wb_plain_end(data, at, stop)
        if at >= stop:
            # Python finds another fault in an escape of a code unit at the very end.
            text.is_open = at != unit_end
            return False
        byte = data[at]
        if byte == c'"':
            text.stop = at
            return True
        if byte == c"\\":
            text.escaped = True
            size = _escape(data, at, stop)
        elif byte < 0x20:
            return False
        else:
            size = 1 if byte < 0x80 else utf8_size(data, at, stop)
        if size == 0:
            return False
        at += size
        if size >= 6:
            unit_end = at


cdef inline int _escape(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Bytes of the escape that begins here, a pair of surrogates being one; 0 where it is none."""
    cdef int64_t unit
    if stop - at < 2:
        return 0
    if _SHORT[data[at + 1]]:
        return 2
    unit = _unit(data, at, stop)
    if unit < 0:
        return 0
    if not 0xD800 <= unit <= 0xDBFF:
        return 6
    # A high surrogate makes one character with a low one behind it; JSON allows it alone.
    unit = _unit(data, at + 6, stop)
    return 12 if 0xDC00 <= unit <= 0xDFFF else 6


cdef inline int64_t _unit(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """The code unit of ``\\uXXXX``; -1 where it is none."""
    cdef int64_t unit = 0
    cdef int place
    cdef uint8_t byte
    if stop - at < 6 or data[at] != c"\\" or data[at + 1] != c"u":
        return -1
    for place in range(2, 6):
        byte = data[at + place]
        unit <<= 4
        if c"0" <= byte <= c"9":
            unit |= byte - c"0"
        elif c"a" <= (byte | 0x20) <= c"f":
            unit |= (byte | 0x20) - c"a" + 10
        else:
            return -1
    return unit


cdef inline int64_t _literal(const uint8_t* data, int64_t at, int64_t stop, Kind* kind) noexcept nogil:
    """Return the end of the number or literal that begins at ``at``; -1 if there is none."""
    cdef uint8_t byte = data[at]
    kind[0] = BOOLEAN
    if byte == c"t":
        return _word(data, at, stop, b"true", 4)
    if byte == c"f":
        return _word(data, at, stop, b"false", 5)
    kind[0] = NULL_
    if byte == c"n":
        return _word(data, at, stop, b"null", 4)
    kind[0] = NUMBER
    if byte == c"-":
        at += 1
    if at >= stop:
        return -1
    # JSON has no leading zeros: a digit behind the zero is refused by the caller, which expects a comma or bracket.
    if data[at] == c"0":
        at += 1
    else:
        at = _digits(data, at, stop)
    if 0 <= at < stop and data[at] == c".":
        at = _digits(data, at + 1, stop)
    if 0 <= at < stop and (data[at] | 0x20) == c"e":
        at += 1
        if at < stop and (data[at] == c"+" or data[at] == c"-"):
            at += 1
        at = _digits(data, at, stop)
    return at


cdef inline int64_t _word(const uint8_t* data, int64_t at, int64_t stop, const char* word, int size) noexcept nogil:
    cdef int place
    if stop - at < size:
        return -1
    for place in range(size):
        if data[at + place] != <uint8_t>word[place]:
            return -1
    return at + size


cdef inline int64_t _digits(const uint8_t* data, int64_t at, int64_t stop) noexcept nogil:
    """Return the end of the digits that begin at ``at``; -1 if there is none."""
    cdef int64_t first = at
    while at < stop and c"0" <= data[at] <= c"9":
        at += 1
    return at if at > first else -1


cdef int32_t unescape(const uint8_t* text, int64_t size, uint8_t* into) noexcept nogil:
    """Write the meaning of the inside of a good token; returns its bytes, at most ``size``: escapes are longer."""
    cdef int64_t at = 0, point, low
    cdef int32_t end = 0
    cdef uint8_t byte
    while at < size:
        byte = text[at]
        if byte != c"\\" or size - at < 2:
            into[end] = byte
            end += 1
            at += 1
            continue
        byte = text[at + 1]
        if byte != c"u":
            into[end] = _short_escape(byte)
            end += 1
            at += 2
            continue
        # `_escape` has checked the four digits.
        point = _unit(text, at, size)
        at += 6
        low = _unit(text, at, size)
        if 0xD800 <= point <= 0xDBFF and 0xDC00 <= low <= 0xDFFF:
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00)
            at += 6
        end += _encode(point, into + end)
    return end


cdef inline uint8_t _short_escape(uint8_t letter) noexcept nogil:
    """Return the byte that an escape of two bytes stands for; quote, backslash and slash stand for themselves."""
    if letter == c"b":
        return 8
    if letter == c"f":
        return 12
    if letter == c"n":
        return 10
    if letter == c"r":
        return 13
    if letter == c"t":
        return 9
    return letter


cdef inline int _encode(int64_t point, uint8_t* into) noexcept nogil:
    """Write a character as UTF-8; returns its bytes."""
    if point < 0x80:
        into[0] = <uint8_t>point
        return 1
    if point < 0x800:
        into[0] = <uint8_t>(0xC0 | point >> 6)
        into[1] = <uint8_t>(0x80 | point & 0x3F)
        return 2
    if point < 0x10000:
        into[0] = <uint8_t>(0xE0 | point >> 12)
        into[1] = <uint8_t>(0x80 | point >> 6 & 0x3F)
        into[2] = <uint8_t>(0x80 | point & 0x3F)
        return 3
    into[0] = <uint8_t>(0xF0 | point >> 18)
    into[1] = <uint8_t>(0x80 | point >> 12 & 0x3F)
    into[2] = <uint8_t>(0x80 | point >> 6 & 0x3F)
    into[3] = <uint8_t>(0x80 | point & 0x3F)
    return 4
