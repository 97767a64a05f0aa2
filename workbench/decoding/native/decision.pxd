"""What is decided about one record: its convention, and where each field of its envelope is."""

from libc.stdint cimport int32_t, int64_t

from workbench.decoding.native.facts cimport Facts, Place
from workbench.decoding.native.problems cimport Problems
from workbench.decoding.native.values cimport Value


cdef enum:
    MOST_MATCHES = 32
    MOST_TRACE_PLACES = 32

cdef enum CauseState:
    UNKNOWN, DECLARED, ROOT


cdef struct Found:  # a field
    bint there
    Place place
    Value value  # id or text; missing where it is no UTF-8
    bint not_utf8
    int64_t micros


cdef struct FoundCause:
    int32_t target
    int32_t slot
    int32_t rank
    Place place
    Value via  # of a cause that is no place of a convention; missing for others
    Value id


cdef struct Causes:
    FoundCause* items
    int64_t count
    int64_t room


cdef struct Decision:
    int32_t convention  # -1 where none matches
    int32_t matches[32]  # conventions that match, the strongest first
    int32_t match_count
    Value dialect
    int32_t scope
    Found fields[13]
    Place links[2]
    int32_t link_count
    Causes causes
    Causes candidates  # of one convention, before they are ranked
    int cause_state
    bint self_caused
    Problems problems
    int32_t trace_rules[32]
    int32_t trace_rule_count
    Place trace_places[32]
    int32_t trace_place_count


cdef struct Fixed:  # the convention that a person fixed for the topic
    int32_t name  # -1 where none is
    bint force
    bint reads_value


cdef int decide(
    Facts facts, Decision* decision, const Fixed* fixed, const int32_t* candidates, int32_t count
) except -1 nogil
