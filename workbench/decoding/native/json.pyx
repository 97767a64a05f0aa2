# cython: language_level=3, boundscheck=False, wraparound=False
"""Finds where the known members of a JSON text (RFC 8259) stand, and checks every byte of it.

Of members of one name in one object the last counts. A name may be written with escapes. Half of a surrogate pair,
which UTF-8 does not have, is accepted as JSON does. What nobody reads inside is stepped over by `json_skip`.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from workbench.buffers.slices cimport grown
from workbench.decoding.native.escapes cimport unescape
from workbench.decoding.native.json_parts cimport (
    ABSENT,
    ARRAY,
    EMPTY,
    OBJECT,
    TEXT,
    Kind,
    Text,
    past_literal,
    past_space,
    read_text,
)
from workbench.decoding.native.json_skip cimport past_value
from workbench.decoding.native.members cimport NO_BIT, ROOT_BIT, Member, MemberTable, find_member

cdef enum:
    _LONGEST_NAME = 256  # of names that are written with escapes and compared with those that are known


cdef struct Reader:
    const uint8_t* data
    int64_t stop
    Tokens* tokens
    int64_t token  # of the value that comes next, -1 where nobody reads it
    int16_t node
    bint is_faulty  # whether what nobody reads has a fault, which is found member by member


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
    reader = Reader(data, stop, tokens, -1, 0, False)
    at = past_space(data, at, stop)
    reader.token = _new_token(tokens, at, ROOT_BIT)
    if reader.token < 0:
        return NO_MEMORY
    if at < stop and data[at] != c"{" and data[at] != c"[":
        at = _scalar(&reader, at)
        return GOOD if at >= 0 and past_space(data, at, stop) == stop else REFUSED
    while True:
        # A value begins here. An object or array that is not empty leaves ``at`` before its first member or item.
        opened = False
        if reader.node < 0 and _step_over(&reader, &at):
            pass
        elif at < stop and (data[at] == c"{" or data[at] == c"["):
            depth += 1
            level = _open(&reader, depth, data[at])
            if level == NULL:
                return NO_MEMORY
            at = past_space(data, at + 1, stop)
            opened = at >= stop or data[at] != level.closer
        else:
            at = _scalar(&reader, at)
            if at < 0:
                return REFUSED
            at = past_space(data, at, stop)
        # The value is complete. Each closing bracket completes the object or array around it as well.
        while not opened and at < stop and data[at] == level.closer:
            at += 1
            if level.token >= 0:
                tokens.items[level.token].stop = <int32_t>at
            at = past_space(data, at, stop)
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
            at = past_space(data, at + 1, stop)
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
    cdef int64_t at = past_space(data, 0, size)
    one.items = token
    token[0] = Token(<int32_t>at, <int32_t>at, ROOT_BIT, ABSENT, False, False)
    reader = Reader(data, size, &one, 0, -1, False)
    at = _scalar(&reader, at)
    return at >= 0 and past_space(data, at, size) == size


cdef inline bint _step_over(Reader* reader, int64_t* at) noexcept nogil:
    """Step over an object or array of which nobody reads what is inside; false where it is none or has a fault."""
    cdef const uint8_t* data = reader.data
    cdef Token* token
    cdef int64_t end
    if at[0] >= reader.stop or (data[at[0]] != c"{" and data[at[0]] != c"[") or reader.is_faulty:
        return False
    end = past_value(data, at[0], reader.stop)
    if end < 0:
        reader.is_faulty = True
        return False
    if reader.token >= 0:
        token = reader.tokens.items + reader.token
        token.kind = OBJECT if data[at[0]] == c"{" else ARRAY
        token.stop = <int32_t>end
    at[0] = past_space(data, end, reader.stop)
    return True


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
        if not read_text(reader.data, at + 1, reader.stop, &text):
            if text.is_open:
                _ended(reader, IN_TEXT, at)
            return -1
        at = text.stop + 1
        kind = TEXT if text.stop > text.start else EMPTY
    else:
        at = past_literal(reader.data, at, reader.stop, &kind)
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
    if not read_text(data, at[0] + 1, reader.stop, &text):
        return _ended(reader, IN_TEXT, at[0]) if text.is_open else REFUSED
    at[0] = past_space(data, text.stop + 1, reader.stop)
    if at[0] >= reader.stop:
        return _ended(reader, BEFORE_COLON, reader.stop)
    if data[at[0]] != c":":
        return REFUSED
    at[0] = past_space(data, at[0] + 1, reader.stop)
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
