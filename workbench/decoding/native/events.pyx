# cython: language_level=3, boundscheck=False, wraparound=False
"""Writes what was decided about records to the columns of events."""

from libc.stdint cimport int32_t, int64_t

import pyarrow as pa

from workbench.decoding.native.columns cimport Ends, NumberColumn, Rows, TextColumn, put_text
from workbench.decoding.native.copies cimport Copy
from workbench.decoding.native.decision cimport DECLARED, ROOT, Decision, Found, FoundCause
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.ids cimport span_of
from workbench.decoding.native.problems cimport sort
from workbench.decoding.native.program cimport (
    CORRELATION_ID,
    EVENT_ID,
    F_CORRELATION_ID,
    F_DESTINATION,
    F_ENDED,
    F_ENVIRONMENT,
    F_EVENT_ID,
    F_EVENT_TIME,
    F_EVENT_TYPE,
    F_PRINCIPAL,
    F_REQUEST_ID,
    F_ROOT_ID,
    F_SOURCE,
    F_STARTED,
    F_TENANT,
    POSITION,
    SPAN,
    text_of,
)
from workbench.decoding.native.traces cimport TraceContext
from workbench.decoding.native.values cimport Value
from workbench.model.records.columns import CAUSE, ERROR, EVENT, ORIGIN, TRACE


cdef class EventColumns:
    """Columns of events without their positions; rows that are not put are null and without items.

    Args:
        rows: How many rows there will be.
    """

    def __init__(self, int64_t rows):
        self.convention, self.version, self.dialect = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.scope, self.state = TextColumn(rows), TextColumn(rows)
        self.format, self.damage = TextColumn(rows), TextColumn(rows)
        self.also, self.link_ids, self.problem_codes = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.also_ends, self.link_ends = Ends(rows), Ends(rows)
        self.problem_ends, self.cause_ends = Ends(rows), Ends(rows)
        self.event_id, self.correlation_id, self.root_id = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.request_id, self.event_type, self.source = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.destination, self.environment = TextColumn(rows), TextColumn(rows)
        self.tenant, self.principal = TextColumn(rows), TextColumn(rows)
        self.event_time, self.started, self.ended = NumberColumn(8, rows), NumberColumn(8, rows), NumberColumn(8, rows)
        self.cause_target, self.cause_value, self.cause_via = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.cause_rank = NumberColumn(4, rows)
        self.traced, self.sampled, self.sampled_known = Rows(rows), Rows(rows), Rows(rows)
        self.trace_id, self.span_id = TextColumn(rows), TextColumn(rows)
        self.parent_id, self.trace_via = TextColumn(rows), TextColumn(rows)
        self.copied, self.failed = Rows(rows), Rows(rows)
        self.origin_topic, self.origin_group, self.origin_via = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.origin_hop, self.origin_root, self.replay = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.origin_partition, self.origin_offset = NumberColumn(4, rows), NumberColumn(8, rows)
        self.origin_timestamp = NumberColumn(8, rows)
        self.error_type, self.error_message, self.error_stage = TextColumn(rows), TextColumn(rows), TextColumn(rows)
        self.attempts, self.depth = NumberColumn(4, rows), NumberColumn(4, rows)

    cdef bint put(
        self,
        int64_t row,
        Facts facts,
        Decision* decision,
        const TraceContext* trace,
        const Value* format,
        const Value* damage,
    ) noexcept nogil:
        """Write one row; false where there is no memory."""
        cdef bint good = True
        cdef Value text = text_of(facts.program, decision.scope)
        good &= put_text(self.scope, row, &text)
        good &= put_text(self.format, row, format) and put_text(self.damage, row, damage)
        good &= self._put_state(row, decision)
        if decision.convention >= 0:
            good &= self._put_convention(row, facts, decision)
        if decision.convention >= 0 or facts.is_copy:
            good &= self._put_fields(row, facts, decision)
        if decision.causes.count:
            good &= self._put_causes(row, facts, decision)
        if decision.problems.count:
            good &= self._put_problems(row, decision)
        if trace.found:
            good &= self._put_trace(row, trace)
        return good

    cdef bint _put_state(self, int64_t row, const Decision* decision) noexcept nogil:
        cdef Value text = Value(<const unsigned char*>"unknown", 7, True)
        if decision.cause_state == DECLARED:
            text = Value(<const unsigned char*>"declared", 8, True)
        elif decision.cause_state == ROOT:
            text = Value(<const unsigned char*>"root", 4, True)
        return put_text(self.state, row, &text)

    cdef bint _put_convention(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil:
        cdef bint good
        cdef int32_t at, number
        cdef Value text = text_of(facts.program, facts.program.conventions[decision.convention].name)
        good = put_text(self.convention, row, &text)
        text = text_of(facts.program, facts.program.conventions[decision.convention].version)
        good &= put_text(self.version, row, &text) and put_text(self.dialect, row, &decision.dialect)
        for at in range(decision.match_count):
            number = decision.matches[at]
            if number != decision.convention:
                text = text_of(facts.program, facts.program.conventions[number].name)
                good &= put_text(self.also, self.also_count, &text)
                self.also_count += 1
                good &= self.also_ends.put(row, self.also_count)
        for at in range(decision.link_count):
            facts.id(decision.links + at, &text)
            if text.data != NULL:
                good &= put_text(self.link_ids, self.link_count, &text)
                self.link_count += 1
                good &= self.link_ends.put(row, self.link_count)
        return good

    cdef bint _put_fields(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil:
        cdef const Found* fields = decision.fields
        cdef bint good = True
        if fields[<int>F_EVENT_ID].there:
            good &= put_text(self.event_id, row, &fields[<int>F_EVENT_ID].value)
        if fields[<int>F_CORRELATION_ID].there:
            good &= put_text(self.correlation_id, row, &fields[<int>F_CORRELATION_ID].value)
        if fields[<int>F_ROOT_ID].there:
            good &= put_text(self.root_id, row, &fields[<int>F_ROOT_ID].value)
        if fields[<int>F_REQUEST_ID].there:
            good &= put_text(self.request_id, row, &fields[<int>F_REQUEST_ID].value)
        if fields[<int>F_EVENT_TYPE].there:
            good &= put_text(self.event_type, row, &fields[<int>F_EVENT_TYPE].value)
        if fields[<int>F_SOURCE].there:
            good &= put_text(self.source, row, &fields[<int>F_SOURCE].value)
        if fields[<int>F_DESTINATION].there:
            good &= put_text(self.destination, row, &fields[<int>F_DESTINATION].value)
        if fields[<int>F_ENVIRONMENT].there:
            good &= put_text(self.environment, row, &fields[<int>F_ENVIRONMENT].value)
        if fields[<int>F_TENANT].there:
            good &= put_text(self.tenant, row, &fields[<int>F_TENANT].value)
        if fields[<int>F_PRINCIPAL].there:
            good &= put_text(self.principal, row, &fields[<int>F_PRINCIPAL].value)
        if fields[<int>F_EVENT_TIME].there:
            good &= self.event_time.put(row, fields[<int>F_EVENT_TIME].micros)
        if fields[<int>F_STARTED].there:
            good &= self.started.put(row, fields[<int>F_STARTED].micros)
        if fields[<int>F_ENDED].there:
            good &= self.ended.put(row, fields[<int>F_ENDED].micros)
        return good

    cdef bint _put_causes(self, int64_t row, Facts facts, const Decision* decision) noexcept nogil:
        cdef const FoundCause* cause
        cdef int64_t at
        cdef bint good = True
        cdef Value id, text, via
        for at in range(decision.causes.count):
            cause = decision.causes.items + at
            id = cause.id
            if cause.target == SPAN:
                facts.text(&cause.place, &text)
                text = span_of(text)
                id = text if text.data != NULL else id
            if id.data == NULL:
                continue
            via = cause.via if cause.via.data != NULL else facts.program.via(cause.place.place)
            text = _target(cause.target)
            good &= put_text(self.cause_target, self.cause_count, &text)
            good &= put_text(self.cause_value, self.cause_count, &id)
            good &= put_text(self.cause_via, self.cause_count, &via)
            good &= self.cause_rank.put(self.cause_count, cause.rank)
            self.cause_count += 1
        return good and self.cause_ends.put(row, self.cause_count)

    cdef bint _put_problems(self, int64_t row, Decision* decision) noexcept nogil:
        cdef int at
        cdef bint good = True
        sort(&decision.problems)
        for at in range(decision.problems.count):
            good &= put_text(self.problem_codes, self.problem_count, decision.problems.codes + at)
            self.problem_count += 1
        return good and self.problem_ends.put(row, self.problem_count)

    cdef bint _put_trace(self, int64_t row, const TraceContext* trace) noexcept nogil:
        cdef bint good = self.traced.put(row)
        good &= put_text(self.trace_id, row, &trace.trace_id) and put_text(self.span_id, row, &trace.span_id)
        good &= put_text(self.parent_id, row, &trace.parent_id) and put_text(self.trace_via, row, &trace.via)
        if trace.sampled >= 0:
            good &= self.sampled_known.put(row)
        if trace.sampled > 0:
            good &= self.sampled.put(row)
        return good

    cdef bint put_layers(self, int64_t row, int32_t depth, const Value* root) noexcept nogil:
        """Write how often a dead letter was dead-lettered, and the position of its innermost original."""
        return self.depth.put(row, depth) and put_text(self.origin_root, row, root)

    cdef bint put_copy(self, int64_t row, const Copy* copy) noexcept nogil:
        """Write what a record is a copy of; false where there is no memory."""
        cdef bint good = put_text(self.replay, row, &copy.replay)
        if copy.origin.there:
            good &= self.copied.put(row) and put_text(self.origin_topic, row, &copy.origin.topic)
            good &= put_text(self.origin_group, row, &copy.origin.group)
            good &= put_text(self.origin_via, row, &copy.origin.via)
            good &= put_text(self.origin_hop, row, &copy.origin.hop)
            if copy.origin.has[0]:
                good &= self.origin_partition.put(row, copy.origin.numbers[0])
            if copy.origin.has[1]:
                good &= self.origin_offset.put(row, copy.origin.numbers[1])
            if copy.origin.has[2]:
                good &= self.origin_timestamp.put(row, copy.origin.numbers[2])
        if copy.error.there:
            good &= self.failed.put(row) and put_text(self.error_type, row, &copy.error.texts[0])
            good &= put_text(self.error_message, row, &copy.error.texts[1])
            good &= put_text(self.error_stage, row, &copy.error.texts[2])
            if copy.error.has_attempts:
                good &= self.attempts.put(row, copy.error.attempts)
        return good

    def arrays(self, int64_t rows):
        """Return the first rows of all columns by name; all columns are empty afterwards."""
        names = ("event_id", "correlation_id", "root_id", "request_id", "event_type", "source", "destination")
        texts = (
            self.event_id, self.correlation_id, self.root_id, self.request_id, self.event_type, self.source,
            self.destination,
        )  # fmt: skip
        times = {"event_time": self.event_time, "started": self.started, "ended": self.ended}
        causes = [
            self.cause_target.array(self.cause_count),
            self.cause_value.array(self.cause_count),
            self.cause_via.array(self.cause_count),
            self.cause_rank.array(self.cause_count, pa.int32()),
        ]
        trace = [
            self.trace_id.array(rows),
            self.span_id.array(rows),
            self.parent_id.array(rows),
            self.sampled.among(rows, self.sampled_known),
            self.trace_via.array(rows),
        ]
        origin = [
            self.origin_topic.array(rows),
            self.origin_partition.array(rows, pa.int32()),
            self.origin_offset.array(rows, pa.int64()),
            self.origin_timestamp.array(rows, pa.int64()),
            self.origin_group.array(rows),
            self.origin_via.array(rows),
            self.origin_hop.array(rows),
        ]
        error = [
            self.error_type.array(rows),
            self.error_message.array(rows),
            self.error_stage.array(rows),
            self.attempts.array(rows, pa.int32()),
        ]
        lists = EVENT.field("problems").type
        return {
            **{name: column.array(rows) for name, column in zip(names, texts, strict=True)},
            **{name: column.array(rows, EVENT.field(name).type) for name, column in times.items()},
            "environment": self.environment.array(rows),
            "tenant": self.tenant.array(rows),
            "principal": self.principal.array(rows),
            "convention": self.convention.array(rows),
            "convention_version": self.version.array(rows),
            "also_matched": self.also_ends.list(rows, lists, self.also.array(self.also_count)),
            "dialect": self.dialect.array(rows),
            "id_scope": self.scope.array(rows),
            "link_ids": self.link_ends.list(rows, lists, self.link_ids.array(self.link_count)),
            "causes": self.cause_ends.list(
                rows, EVENT.field("causes").type, pa.StructArray.from_arrays(causes, fields=list(CAUSE.fields))
            ),
            "cause_state": self.state.array(rows),
            "trace": self.traced.struct(rows, TRACE, trace),
            "problems": self.problem_ends.list(rows, lists, self.problem_codes.array(self.problem_count)),
            "origin": self.copied.struct(rows, ORIGIN, origin),
            "origin_root": self.origin_root.array(rows),
            "dlq_depth": self.depth.array(rows, pa.int32()),
            "error": self.failed.struct(rows, ERROR, error),
            "replay": self.replay.array(rows),
            "format": self.format.array(rows),
            "damage": self.damage.array(rows),
        }


cdef inline Value _target(int target) noexcept nogil:
    if target == EVENT_ID:
        return Value(<const unsigned char*>"event_id", 8, True)
    if target == CORRELATION_ID:
        return Value(<const unsigned char*>"correlation_id", 14, True)
    if target == POSITION:
        return Value(<const unsigned char*>"position", 8, True)
    return Value(<const unsigned char*>"span", 4, True)
