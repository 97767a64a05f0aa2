"""Finds the fields of an envelope."""

from libc.stdint cimport int32_t

from workbench.decoding.native.decision cimport Decision, Found
from workbench.decoding.native.facts cimport Facts, Place
from workbench.decoding.native.program cimport Convention


cdef bint find_field(
    Facts facts, Decision* decision, const Convention* convention, int field, bint note_traces, Found* found
) noexcept nogil
cdef bint first_id(
    Facts facts, const Convention* convention, int32_t place_from, int32_t place_to, Found* found
) noexcept nogil
cdef void read_fields(Facts facts, Decision* decision, const Convention* winner) noexcept nogil
cdef void fill_fields(Facts facts, Decision* decision, const Convention* winner) noexcept nogil
cdef void note_reading_fault(Facts facts, Decision* decision, const Place* place) noexcept nogil
