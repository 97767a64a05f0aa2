"""Brings ids to one spelling, by the rules of `workbench.decoding.ids`."""

from workbench.decoding.native.values cimport Arena, Value


cdef Value canonical_id(Arena* arena, Value value) noexcept nogil
cdef Value id_of(Arena* arena, Value value) noexcept nogil
cdef bint is_utf8_value(const Value* value) noexcept nogil
cdef bint is_uuid_like(const Value* canonical) noexcept nogil
cdef Value span_of(Value value) noexcept nogil
cdef bint is_traceparent(const Value* value) noexcept nogil
cdef Value hyphenated(Arena* arena, const Value* digits) noexcept nogil
cdef Value uuid_of_bytes(Arena* arena, const Value* value, bint little) noexcept nogil
