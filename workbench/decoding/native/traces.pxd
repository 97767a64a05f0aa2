"""Reads the trace context of the producing span, in each format that is written into record headers."""

from libc.stdint cimport int32_t

from workbench.decoding.native.facts cimport Facts, Place
from workbench.decoding.native.problems cimport Problems
from workbench.decoding.native.values cimport Value


cdef struct TraceContext:
    bint found
    Value trace_id, span_id, parent_id
    int sampled  # -1 where nobody decided
    Value via


cdef void read_parts(Facts facts, Value* parts) noexcept nogil
cdef TraceContext read_trace(
    Facts facts, const int32_t* own, int own_count, const Place* places, int place_count, Problems* problems
) noexcept nogil
