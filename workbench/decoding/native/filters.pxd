"""Turns bytes or text into the text that a field holds."""

from libc.stdint cimport int64_t

from workbench.decoding.native.values cimport Arena, Value


cdef Value filtered(Arena* arena, int filter, Value value) noexcept nogil
cdef Value decimal_text(Arena* arena, int64_t number) noexcept nogil
