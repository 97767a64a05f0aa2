"""Traces: a causal graph with its questions, tables, text forms and drawing as methods of one line."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from workbench.errors import ConfigurationError
from workbench.tracing import selection, tables
from workbench.tracing.choices import check_choice
from workbench.tracing.clocks.containment import MAXIMUM_US, contained_spans
from workbench.tracing.clocks.offsets import clock_offsets
from workbench.tracing.critical_path import critical_path
from workbench.tracing.diff.diff import TraceSet, trace_diff
from workbench.tracing.findings.context import WHOLE
from workbench.tracing.findings.findings import find_all
from workbench.tracing.flows import flows
from workbench.tracing.located import Located
from workbench.tracing.order.follows import directly_follows
from workbench.tracing.order.profile import LEAST_N, timing_profile
from workbench.tracing.order.variants import variants
from workbench.tracing.paths.calls import call_path
from workbench.tracing.paths.intervals import is_spans
from workbench.tracing.paths.messaging import messaging_latency
from workbench.tracing.paths.waiting import waiting_times
from workbench.tracing.query import query
from workbench.tracing.records import timed_records
from workbench.tracing.state.fold import StateFold, last_value, micros_of
from workbench.tracing.text.labels import provenance_text
from workbench.tracing.trace_forms import TraceForms
from workbench.tracing.type_map import type_map
from workbench.tracing.unfinished import unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from workbench.model.causation import EventPosition, MapField
    from workbench.tracing.clocks.containment import ContainedSpans
    from workbench.tracing.clocks.offsets import ClockOffsets, Estimate
    from workbench.tracing.critical_path import CriticalPath
    from workbench.tracing.diff.diff import TraceDiff
    from workbench.tracing.diff.keys import LabelField
    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.findings.findings import Findings
    from workbench.tracing.flows import Flows
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.order.follows import DirectlyFollows
    from workbench.tracing.order.profile import TimingProfile
    from workbench.tracing.order.variants import Variants
    from workbench.tracing.paths.calls import CallPath
    from workbench.tracing.paths.messaging import MessagingLatency
    from workbench.tracing.paths.waiting import WaitingTimes
    from workbench.tracing.query import QueryResult
    from workbench.tracing.query.syntax import Query
    from workbench.tracing.records import RecordReader
    from workbench.tracing.state.fold import Fold, StateAt
    from workbench.tracing.type_map import TypeMap
    from workbench.tracing.unfinished import Unfinished

PathMethod: TypeAlias = Literal["events", "sections", "tolerant"]


class Trace(TraceForms, Located):
    """Events and what caused them: a whole snapshot, one correlation, one event with its relatives, or a selection.

    Its ``repr`` is a text tree, `show` draws it. Frames are sorted by (t, id), their times are UTC. A replay takes a
    trace as its selection.

    Args:
        data: The causal graph.
        viewer: Draws views of the graph; without one, `show` raises.
        records: Reads the raw records of events, for `state` and for payloads in `diff`.
    """

    def __init__(self, data: CausalGraph, *, viewer: Viewer | None = None, records: RecordReader | None = None) -> None:
        self.data = data
        """The causal graph as columns, for functions of `workbench.tracing`."""
        self._viewer = viewer
        self.records_of = records
        """Reads the raw records of events; None where there are none."""

    def __len__(self) -> int:
        return len(self.data)

    @property
    def summary(self) -> str:
        """The selection in a few words: ``correlation …``, ``descendants of …``."""
        return self.data.provenance.selection

    @property
    def provenance(self) -> str:
        """Source, selection and clock in one line, with the number of events placed by their record's timestamp."""
        return provenance_text(self.data)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each event.

        ``key`` names the event; ``kind`` is a root kind or ``inner``; ``causes`` and ``effects`` count used edges;
        ``copies`` counts further records; ``binding``, ``primary`` and ``root`` are keys; ``hop_us`` is the time from
        the binding cause in microseconds.
        """
        return tables.event_frame(self.data)

    @cached_property
    def edges(self) -> pd.DataFrame:
        """All edges between events by their keys: kind, rank, via, ``hop_us``, ``layout_break``, ``used``."""
        return tables.edge_frame(self.data)

    @cached_property
    def unresolved(self) -> pd.DataFrame:
        """One row for each cause value without an event: reason, H in microseconds, raw or damaged records within H."""
        return tables.keyed_frame(self.data, self.data.unresolved)

    @cached_property
    def copies(self) -> pd.DataFrame:
        """One row for each further record of an event, and for each record that shares an id by mistake."""
        return tables.copy_frame(self.data)

    @cached_property
    def virtual(self) -> pd.DataFrame:
        """Causes outside the snapshot that several events name: one row for each value and event."""
        return tables.keyed_frame(self.data, self.data.virtual)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """``self_cause``, ``cause_disagreement``, ``copy_disagrees`` and ``id_collision`` by event."""
        return tables.keyed_frame(self.data, self.data.problems)

    @cached_property
    def outside(self) -> pd.DataFrame:
        """Neighbours outside the selection: one row for each edge that the selection cuts."""
        return tables.keyed_frame(self.data, self.data.outside)

    @cached_property
    def fragments(self) -> pd.DataFrame:
        """One row for each weakly connected component: events, heads, first and last time, first event."""
        return tables.fragment_frame(self.data)

    @property
    def roots(self) -> pd.DataFrame:
        """Events that start something: ``origin``, ``self`` and ``command``. Orphans and unlinked events are none."""
        return self.frame[self.frame["kind"].isin(["origin", "self", "command"])]

    @property
    def layout_breaks(self) -> pd.DataFrame:
        """Edges that are left out of depth and layout so that no cycle remains."""
        return self.edges[self.edges["layout_break"]]

    @cached_property
    def cycles(self) -> list[tuple[str, ...]]:
        """Keys of the events of each cycle."""
        return [tuple(self.data.keys(members)) for members in self.data.structure.cycles]

    @property
    def accounting(self) -> dict[str, int]:
        """Number of declared causes by outcome; each has exactly one."""
        return tables.outcome_counts(self.data)

    @property
    def records(self) -> int:
        """Records behind the events."""
        return tables.record_count(self.data)

    def select(
        self,
        *,
        correlation_id: str | None = None,
        event_id: str | None = None,
        trace_id: str | None = None,
        fragment: int | None = None,
    ) -> Trace:
        """Keep the events of a correlation or trace, an event with its ancestors and descendants, or a fragment.

        Raises:
            UnknownEventError: There is no such thing here.
            TypeError: Not exactly one of the four was given.
        """
        return self.cut(
            selection.select(
                self.data, correlation_id=correlation_id, event_id=event_id, trace_id=trace_id, fragment=fragment
            )
        )

    def descendants(self, event_id: str) -> Trace:
        """Keep everything that an event led to, without the event itself.

        Raises:
            UnknownEventError: There is no such event here.
        """
        return self.cut(selection.descendants(self.data, event_id))

    def ancestors(self, event_id: str) -> Trace:
        """Keep everything that led to an event, without the event itself.

        Raises:
            UnknownEventError: There is no such event here.
        """
        return self.cut(selection.ancestors(self.data, event_id))

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the position of the record of each event, which is what a replay selects."""
        return selection.positions(self.data)

    def root_positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the events none of whose used causes is selected."""
        return selection.root_positions(self.data)

    def boundary(self) -> tuple[int, int]:
        """Count the used causes that the selection cuts, and the effects that it leaves outside."""
        return selection.boundary(self.data)

    def flows(self) -> Flows:
        """List the flows: one row for each correlation id, of spans for each trace; those with failures first."""
        return flows(self.data)

    def query(self, text: str | Query, **options: Any) -> QueryResult[Trace]:
        """Find events by conditions and causes: ``spans.query('{type = "Pay"} >> {hop > 5ms}')`` (docs/tracing.md 7).

        Args:
            text: The query, as text or made of `workbench.tracing.query.syntax`. ``key`` and paths into payloads are
                fields of `workbench.Snapshot.query` only.
            options: ``evaluation="nested"`` and ``orphans="exclude"``, to compare with tracing back-ends.

        Raises:
            QueryError: The query cannot be read, or a value does not fit its field.
        """
        return query(self.data, text, cut=self.cut, **options)

    def critical_path(
        self, event_id: str | None = None, *, method: PathMethod | None = None, **options: Any
    ) -> CriticalPath | CallPath:
        """Find what the end of this trace waited for.

        For events: the hops, with slack, float and savings. For spans: the sections of the root's interval.

        Args:
            event_id: For events the one that ends the path, by default the last; for spans the root, by default the
                longest.
            method: ``events``, ``sections`` or ``tolerant``; by default ``sections`` where every event is a span.
            options: ``prune_async``, ``boundary`` of `workbench.tracing.paths.calls.call_path`.

        Raises:
            UnknownEventError: There is no such event, several share the id, or it has no time.
            ConfigurationError: There is no such method or boundary.
        """
        chosen = method or ("sections" if is_spans(self.data) else "events")
        check_choice("method", chosen, get_args(PathMethod))
        if chosen == "events":
            return critical_path(self.data, event_id)
        return call_path(self.data, event_id, method=chosen, **options)

    def clock(
        self, *, method: Estimate = "least", reference: str | None = None, epsilon_us: int | None = None
    ) -> ClockOffsets:
        """Tell what causes and effects prove about the clocks of the sources; times themselves stay as they are.

        Args:
            method: ``least`` corrects as few events as possible; ``midpoint`` assumes equal delays both ways.
            reference: A clock that counts as right.
            epsilon_us: Resolution of the timestamps; by default a millisecond where all times are whole ones, else 0.

        Raises:
            UnknownEventError: There is no clock of this name.
        """
        return clock_offsets(self.data, method=method, reference=reference, epsilon_us=epsilon_us)

    def contained(self, maximum_us: int = MAXIMUM_US) -> ContainedSpans:
        """Move spans of other hosts into their parents, as tracing back-ends do; shifts above the maximum are noted."""
        return contained_spans(self.data, maximum_us)

    def messaging_latency(self) -> MessagingLatency:
        """Measure from the end of each producer span to the start of the consumer spans that it caused."""
        return messaging_latency(self.data)

    def waiting(self, samples: pd.DataFrame | None = None, group: str | None = None) -> WaitingTimes:
        """Split each hop into waiting in its topic and processing by its consumer.

        Args:
            samples: Committed positions of one group: ``topic``, ``partition``, ``time_us``, ``committed``; for a
                snapshot that recorded lag, `workbench.Snapshot.waiting` reads them.
            group: Its name.
        """
        return waiting_times(self.data, samples, group)

    def findings(self, *, known: Sequence[Mapping[str, str]] = (), **options: Any) -> Findings:
        """Check all rules: what is wrong or strange, with evidence and the query that shows it.

        Args:
            known: Known exceptions: ``rule``, ``reason`` and perhaps ``condition`` over the columns of the evidence.
            options: ``epsilon_us`` and ``end_us`` of `workbench.tracing.findings.findings.find_all`.

        Raises:
            TableError: An exception names no rule, or its condition cannot be evaluated.
        """
        return find_all(self.data, known=known, **options)

    def diff(
        self, other: Trace, *, label: Sequence[LabelField] = ("event_type",), ignore: Collection[str] = ()
    ) -> TraceDiff:
        """Compare this trace with another one by structure, latency and payload.

        A trace of a whole snapshot is a set: each correlation is one trace of it.

        Args:
            other: The other one, of this or of another snapshot.
            label: ``("source", "event_type")`` also tells sources apart.
            ignore: Paths of payloads that are not compared.

        Raises:
            ConfigurationError: The other one is no trace.
        """
        if not isinstance(other, Trace):
            raise ConfigurationError(
                f"A {type(other).__name__} is no trace to compare with. snap.diff(a, b) takes correlation ids."
            )
        found = trace_diff(self.as_set(), other.as_set(), label=label, ignore=ignore)
        return replace(found, viewer=self._viewer)

    def as_set(self, *, single: bool | None = None) -> TraceSet:
        """Return this trace as one side of a diff.

        Args:
            single: Whether it is one trace, or each correlation is one; by default each of a whole snapshot.
        """
        alone = self.summary != WHOLE if single is None else single
        return TraceSet(self.data, alone, self.summary, self.records_of)

    def type_map(self, by: MapField = "event_type", *, corrected: bool = False) -> TypeMap:
        """Map which types, sources or topics lead to which; ``corrected`` adds the hops after clock correction."""
        found = type_map(self.data, by, corrected=self.clock().corrected if corrected else None)
        return replace(found, viewer=self._viewer)

    def directly_follows(self) -> DirectlyFollows:
        """Count which types follow each other in time within a correlation, whether caused or not."""
        return directly_follows(self.data)

    def variants(self) -> Variants:
        """Group the correlations by the shape of their flow, rare shapes first."""
        return variants(self.data)

    def timing_profile(self, least_n: int = LEAST_N) -> TimingProfile:
        """Learn how long hops take between types with enough of them; ``profile.late(trace.data)`` finds late ones."""
        return timing_profile(self.data, least_n)

    def unfinished(self, **options: Any) -> Unfinished:
        """Find events that lack an effect which nearly all of their type have, learnt from the data alone.

        Args:
            options: ``end_us``, ``rules``, ``min_n``, ``min_share``, ``min_alternative`` of
                `workbench.tracing.unfinished.unfinished`.

        Raises:
            TableError: The rules cannot be read.
        """
        return unfinished(self.data, **options)

    def state(self, at: datetime | int | None = None, fold: Fold = last_value) -> StateAt:
        """Fold the records of this trace by their keys into the state at a moment.

        Args:
            at: A moment, inclusive: a datetime (naive is UTC) or microseconds since 1970; None for the end.
            fold: Called with the state of a key (None at first) and a `workbench.tracing.state.FoldEvent`; returns the
                new state, None to delete the key. By default the last value. A null value deletes the key.

        Raises:
            ConfigurationError: There are no records behind this trace.
            WindowError: ``at`` is no moment.
            TableError: A key lies in several partitions, so its events have no order.
            FoldError: The fold failed on an event; the message says which.
        """
        return self.state_fold(fold).at(micros_of(at))

    def state_fold(self, fold: Fold = last_value) -> StateFold:
        """Return the fold of `state` for many moments, with ``times``, ``steps()`` and the state after n events.

        Raises:
            ConfigurationError: There are no records behind this trace.
            TableError: A key lies in several partitions, so its events have no order.
        """
        if self.records_of is None:
            raise ConfigurationError("This trace has no records to fold. Take it from a snapshot: snap.trace(...).")
        return StateFold(timed_records(self.data, self.records_of), fold, viewer=self._viewer)

    def cut(self, data: CausalGraph) -> Trace:
        """Return a trace of a part of this graph, with the same viewer and records."""
        return Trace(data, viewer=self._viewer, records=self.records_of)
