"""The columns of decoded events while they are made."""

from libc.stdint cimport int32_t, int64_t

from workbench.decoding.native.columns cimport Ends, NumberColumn, Rows, TextColumn
from workbench.decoding.native.copies cimport Copy
from workbench.decoding.native.decision cimport Decision
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.traces cimport TraceContext
from workbench.decoding.native.values cimport Value


cdef class EventColumns:
    cdef TextColumn convention, version, dialect, scope, state, format, damage
    cdef TextColumn also, link_ids, problem_codes
    cdef Ends also_ends, link_ends, problem_ends, cause_ends
    cdef int64_t also_count, link_count, problem_count, cause_count
    cdef list _texts  # of the fields that are ids and texts
    cdef TextColumn event_id, correlation_id, root_id, request_id
    cdef TextColumn event_type, source, destination, environment, tenant, principal
    cdef NumberColumn event_time, started, ended
    cdef TextColumn cause_target, cause_value, cause_via
    cdef NumberColumn cause_rank
    cdef Rows traced, sampled, sampled_known
    cdef TextColumn trace_id, span_id, parent_id, trace_via
    cdef Rows copied, failed
    cdef TextColumn origin_topic, origin_group, origin_via, origin_hop, origin_root
    cdef NumberColumn origin_partition, origin_offset, origin_timestamp, attempts, depth
    cdef TextColumn error_type, error_message, error_stage, replay

    cdef bint put(
        self,
        int64_t row,
        Facts facts,
        Decision* decision,
        const TraceContext* trace,
        const Value* format,
        const Value* damage,
    ) noexcept nogil
    cdef bint put_layers(self, int64_t row, int32_t depth, const Value* root) noexcept nogil
    cdef bint put_copy(self, int64_t row, const Copy* copy) noexcept nogil
    cdef bint _put_state(self, int64_t row, const Decision* decision) noexcept nogil
    cdef bint _put_convention(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil
    cdef bint _put_fields(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil
    cdef bint _put_causes(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil
    cdef bint _put_problems(self, int64_t row, Decision* decision) noexcept nogil
    cdef bint _put_trace(self, int64_t row, const TraceContext* trace) noexcept nogil
