"""Finds the causes of a record."""

from libc.stdint cimport int32_t

from workbench.decoding.native.decision cimport Causes, Decision
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.program cimport Convention
from workbench.decoding.native.values cimport Value


cdef bint find_causes(Facts facts, const Convention* convention, Causes* causes) noexcept nogil
cdef void read_causes(Facts facts, Decision* decision, const Convention* winner) noexcept nogil
cdef void fill_causes(Facts facts, Decision* decision) noexcept nogil
cdef bint add_cause(Causes* causes, int target, Value id, Value via) noexcept nogil
cdef bint insert_cause(Causes* causes, int32_t place, int target, Value id, Value via) noexcept nogil
