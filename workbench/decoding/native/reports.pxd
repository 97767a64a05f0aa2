"""Reports what a record says twice and differently, and headers that cannot be used."""

from workbench.decoding.native.decision cimport Decision
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.program cimport Convention


cdef int report(Facts facts, Decision* decision, const Convention* winner) except -1 nogil
