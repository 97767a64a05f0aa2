"""Says why a JSON object cannot be read."""

from libc.stdint cimport int64_t, uint8_t

from workbench.decoding.native.json cimport Tokens
from workbench.decoding.native.values cimport Arena, Value


cdef enum Damage:
    UNKNOWN_DAMAGE, CUT_OFF, UNREADABLE, NO_JSON  # the last: bytes that begin with a brace by chance


cdef Damage damage_of(
    const uint8_t* data, int64_t start, int64_t stop, const Tokens* tokens, Arena* arena, Value* reason
) noexcept nogil
