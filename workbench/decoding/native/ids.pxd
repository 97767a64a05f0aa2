"""Brings ids to one spelling, by the rules of `workbench.decoding.ids`."""

from workbench.buffers.utf8 cimport is_utf8
from workbench.decoding.native.values cimport TEXT_CHECKED, Arena, Value


cdef inline bint is_utf8_value(const Value* value) noexcept nogil:
    return value.is_text == TEXT_CHECKED or is_utf8(value.data, 0, value.size)


cdef Value canonical_id(Arena* arena, Value value) noexcept nogil
cdef Value id_of(Arena* arena, Value value) noexcept nogil
cdef bint is_uuid_like(const Value* canonical) noexcept nogil
cdef Value span_of(Value value) noexcept nogil
cdef bint is_traceparent(const Value* value) noexcept nogil
cdef Value hyphenated(Arena* arena, const Value* digits) noexcept nogil
cdef Value uuid_of_bytes(Arena* arena, const Value* value, bint little) noexcept nogil
