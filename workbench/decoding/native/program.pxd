"""Conventions compiled to tables of integers, which the decoder reads without the GIL."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from workbench.decoding.native.members cimport MemberTable
from workbench.decoding.native.names cimport NameTable
from workbench.decoding.native.values cimport Value, nothing

# The structs below are rows of tables that `workbench.decoding.program` makes, in its order of columns. Each is made of
# int32 alone, so that a row of a numpy matrix is the struct. ``X_from``, ``X_to`` is a range in the table of lists.

cdef enum:
    MODES = 9  # ways in which CloudEvents attributes are found: not, in headers by prefix, in members by prefix
    FIELDS = 13
    PREFIXES = 4

cdef enum Source:
    HEADER, FOLDED, MEMBER, TOPIC, CONST, TRACE, JOINED

cdef enum Test:
    PRESENT, EXISTS, IS_OBJECT, PATTERN

cdef enum Target:
    EVENT_ID, CORRELATION_ID, POSITION, SPAN, AUTO_TARGET

cdef enum Root:
    NEVER, NULL_CAUSE, EQUAL

cdef enum Field:
    F_EVENT_ID
    F_CORRELATION_ID
    F_ROOT_ID
    F_REQUEST_ID
    F_EVENT_TYPE
    F_SOURCE
    F_DESTINATION
    F_ENVIRONMENT
    F_TENANT
    F_PRINCIPAL
    F_EVENT_TIME
    F_STARTED
    F_ENDED


cdef struct Selector:  # of a place on the record at hand: CloudEvents attributes are headers or members here
    int32_t source
    int32_t slot  # of headers: the slot; of members: the bit; of a constant: its text; of topics and traces: which one
    int32_t steps_from, steps_to  # of members in arrays: triples, the bits of items and of a member, and its text
    int32_t filters_from, filters_to
    int32_t parts_from, parts_to  # of joined ones: selectors
    int32_t not_utf8, duplicate, null_header, empty  # texts of problems
    int32_t name  # text of the path


cdef struct Condition:
    int32_t selector  # of the table of places
    int32_t test
    int32_t pattern


cdef struct CauseRule:
    int32_t selector  # of the table of places
    int32_t target


cdef struct Convention:
    int32_t name, version, dialect, code_dialect, strength, family, unless
    int32_t pick_first, scope, parser, is_cloudevents
    int32_t groups_from, groups_to  # pairs: a range of conditions
    int32_t none_from, none_to  # conditions
    int32_t links_from, links_to
    int32_t slots_from, slots_to  # pairs: a range of causes
    int32_t root, root_selector
    int32_t ambiguous
    int32_t no_ids, no_causes
    int32_t headers_from, headers_to  # all selectors of the convention, to report faults of headers
    int32_t repeated_from, repeated_to  # pairs: a field, or -1 for the cause; the place of the header
    int32_t ce_cause  # place of the attribute that names the cause, -1 where none does
    int32_t linked_header, uuids_only  # a place
    int32_t trace, trace_where_matched, letter
    int32_t reads_value
    int32_t masks_from, masks_to  # words of bits: each group of them must have one that the record has
    int32_t fields[2 * 13]  # a range for each field


cdef struct TraceRule:  # headers of its own in which a convention carries the trace context
    int32_t is_traceparent
    int32_t first, second, third  # slots
    int32_t name, problem  # texts


cdef struct Writer:  # of headers that mark a copy; slots, -1 where it has none
    int32_t via
    int32_t origin[5]  # topic, partition, offset, timestamp, group
    int32_t error[16]  # type, message, stage, attempts: of each four headers, the first that is there counts
    int32_t number, topic_filter  # filters of numbers, and of the topic
    int32_t pick_first
    int32_t unless, needs
    int32_t one_of[4]


cdef struct Letter:  # a shape of dead letters; numbers of members, 0 where it has none
    int32_t dialect  # text, -1 for all dialects
    int32_t via, message_via  # texts
    int32_t inside
    int32_t topic, partition, offset
    int32_t type, message, attempts, stage
    int32_t content, container, reason, redacted, message_id, correlation
    int32_t lossy, position_first, nested


cdef struct Words:  # numbers that the loops name: slots of headers, bits of members, texts
    int32_t spring_types, content_type
    int32_t ce_marks[4]
    int32_t ce_required[4]
    int32_t ce_traceparent  # a place
    int32_t schema, payload  # members of the object in which Kafka Connect wraps a value
    int32_t global_scope  # texts
    int32_t order  # where in the lists the order is in which conventions are asked
    int32_t unusual_spellings[4]
    int32_t fields[13]
    int32_t request_id  # slot
    int32_t big_endian, uuid_filter  # filters
    int32_t application  # text
    int32_t no_ids, replay, markers  # where in the lists
    int32_t traceparent, b3, b3_trace, b3_span, b3_parent, b3_sampled, b3_flags, uber


cdef struct Known:  # the answer for a text that was seen
    int32_t start
    int32_t size  # -1 marks a free place
    int32_t answer


cdef class Pattern:
    cdef object _match
    cdef Known* _known
    cdef int64_t _count
    cdef uint8_t* _texts
    cdef int64_t _used

    cdef bint matches(self, const Value* text) except -1 nogil


cdef class Program:
    cdef readonly MemberTable members
    cdef readonly NameTable names
    cdef readonly NameTable folded
    cdef list _patterns
    cdef void** _patterns_at
    cdef tuple _tables  # kept, because the pointers below point into them
    cdef bytes _content
    cdef const uint8_t* _content_at
    cdef const int32_t* _ends
    cdef const int32_t* lists
    cdef const int32_t* copy_marks  # of each slot: 1 a header there marks a copy, 2 it names the topic of one
    cdef const Selector* selectors
    cdef const int32_t* places  # selector of each place in each mode; -1 where there is none
    cdef const int32_t* vias
    cdef const int32_t* plain  # of places of CloudEvents attributes: the place without filters; -1 for others
    cdef const Condition* conditions
    cdef const CauseRule* causes
    cdef const Convention* conventions
    cdef const TraceRule* traces
    cdef const Writer* writers
    cdef const Letter* letters
    cdef readonly MemberTable letter_members
    cdef const uint64_t* masks
    cdef readonly int64_t slots, folded_slots, mask_words, top_members
    cdef int64_t convention_count, writer_count
    cdef Words words

    cdef Value via(self, int32_t place) noexcept nogil
    cdef bint matches(self, int32_t pattern, const Value* text) except -1 nogil


cdef inline Value text_of(Program program, int32_t number) noexcept nogil:
    """A text of the tables; no value for -1."""
    if number < 0:
        return nothing()
    return Value(program._content_at + program._ends[number], program._ends[number + 1] - program._ends[number], True)
