"""Reads header values that a gateway left in the encoding of AMQP 1.0."""

from workbench.decoding.native.values cimport Arena, Value


cdef bint amqp_value(Arena* arena, const Value* value, Value* decoded) noexcept nogil
