"""Defines `SnapshotQuestions`, the methods of a snapshot that ask its causal graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.session.querying import SnapshotQueries
from workbench.session.times import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from workbench.model.causation import GraphViewSource, MapField
    from workbench.model.selecting.window import BoundLike
    from workbench.tracing.comparison.populations import Comparison
    from workbench.tracing.diff.diff import TraceDiff
    from workbench.tracing.diff.keys import LabelField
    from workbench.tracing.findings.findings import Findings
    from workbench.tracing.flows import Flows
    from workbench.tracing.order.follows import DirectlyFollows
    from workbench.tracing.order.profile import TimingProfile
    from workbench.tracing.order.variants import Variants
    from workbench.tracing.paths.waiting import WaitingTimes
    from workbench.tracing.query import QueryResult
    from workbench.tracing.query.syntax import Query
    from workbench.tracing.state import StateAt, StateFold
    from workbench.tracing.state.fold import Fold
    from workbench.tracing.trace import Trace
    from workbench.tracing.type_map import TypeMap
    from workbench.tracing.unfinished import Unfinished
    from workbench.widgets import CausationGraph


class SnapshotQuestions(SnapshotQueries, ABC):
    """Answers questions about flows; each answer has a text and a ``.frame``, many positions for replay and tail."""

    @property
    @abstractmethod
    def graph(self) -> Trace:
        """The causal graph of the whole snapshot."""

    @abstractmethod
    def draw(self, views: GraphViewSource, **options: Any) -> CausationGraph:
        """Make the widget of a causal graph whose records are in this snapshot."""

    def flows(self) -> Flows:
        """List the flows: one row for each correlation id, those with failures and gaps first; see `.frame`."""
        return self.graph.flows()

    def query(self, text: str | Query, **options: Any) -> QueryResult[Trace]:
        """Find events by conditions and causes: ``snap.query('{type = "Placed"} >> {type = "PaymentFailed"}')``.

        Args:
            text: The query, as text (docs/tracing.md 7) or made of `workbench.tracing.query.syntax`.
            options: ``evaluation="nested"`` and ``orphans="exclude"``, to compare with tracing back-ends.

        Raises:
            QueryError: The query cannot be read, or a value does not fit its field.
        """
        from workbench.session.structural import structural_query

        return structural_query(self.store, self.graph, text, **options)

    def findings(self, *, known: Sequence[Mapping[str, str]] = (), **options: Any) -> Findings:
        """Check all rules over the snapshot; see `workbench.tracing.trace.Trace.findings`."""
        from workbench.lag.history import groups_of_topics

        return self.graph.findings(known=known, groups=groups_of_topics(self.store), **options)

    def type_map(self, by: MapField = "event_type", *, corrected: bool = False) -> TypeMap:
        """Map which types lead to which; ``map.drift(other)`` compares it with that of another snapshot.

        Args:
            by: ``event_type``, ``source`` or ``topic``.
            corrected: Add the hops after clock correction.
        """
        return self.graph.type_map(by, corrected=corrected)

    def directly_follows(self) -> DirectlyFollows:
        """Count which types follow each other in time within a correlation; for data without causes."""
        return self.graph.directly_follows()

    def variants(self) -> Variants:
        """Group the correlations by the shape of their flow, rare shapes first."""
        return self.graph.variants()

    def timing_profile(self) -> TimingProfile:
        """Learn how long hops take; ``profile.late(trace.data)`` finds late ones."""
        return self.graph.timing_profile()

    def unfinished(self, end: BoundLike | None = None, **options: Any) -> Unfinished:
        """Find events that lack an effect which nearly all of their type have.

        Args:
            end: When the capture ended: a datetime or ``"@2026-01-01T10:00:00Z"``; by default the last event's time.
            options: ``rules``, ``min_n``, ``min_share``, ``min_alternative``.

        Raises:
            WindowError: ``end`` is not a time.
            TableError: The rules cannot be read.
        """
        from workbench.tracing.state.fold import micros_of

        return self.graph.unfinished(end_us=micros_of(moment(end)), **options)

    def diff(
        self,
        a: str | Trace | Sequence[str],
        b: str | Trace | Sequence[str],
        *,
        label: Sequence[LabelField] = ("event_type",),
        ignore: Collection[str] = (),
    ) -> TraceDiff:
        """Compare two traces, or two sets of traces, by structure, latency and payload.

        Args:
            a: A correlation id, several of them, or a trace; ``other.graph`` is all traces of another snapshot.
            b: The same for the other side.
            label: ``("source", "event_type")`` also tells sources apart.
            ignore: Paths of payloads that are not compared.

        Raises:
            UnknownEventError: There is no such correlation.
        """
        from workbench.tracing.diff.diff import trace_diff
        from workbench.tracing.sides import side_of

        found = trace_diff(side_of(self.graph, a), side_of(self.graph, b), label=label, ignore=ignore)
        return replace(found, viewer=self.draw)

    def compare(self, a: Any, b: Any = None, *, rows: str = "events", exclude: Collection[str] = ()) -> Comparison:
        """Find which attributes tell some events from others: fields, headers and paths of payloads.

        Args:
            a: An SQL condition over events, a trace, a frame, or positions: whatever `workbench.Snapshot.replay` takes.
            b: The same for the other side; by default the rest of the snapshot.
            rows: ``events``, or ``traces``: then each correlation with such an event is a row, with its first event's
                attributes, its types and its figures.
            exclude: Attributes that defined the selection.

        Raises:
            ValidationError: A side is empty or not in this snapshot.
            ConfigurationError: ``rows`` is neither.
            QueryError: DuckDB cannot evaluate a condition.
        """
        from workbench.session.populations import compare_events
        from workbench.tracing.choices import check_choice, listed

        check_choice("rows", rows, ("events", "traces"))
        return compare_events(self.store, self.graph if rows == "traces" else None, a, b, exclude=listed(exclude))

    def state(self, topic: str, at: BoundLike | None = None, fold: Fold | None = None) -> StateAt:
        """Fold the records of a topic by their keys into the state at a moment.

        Args:
            topic: A captured topic.
            at: A datetime or ``"@2026-01-01T10:00:00Z"``, inclusive; by default the end of the snapshot.
            fold: Called with the state of a key (None at first) and a `workbench.tracing.state.FoldEvent`; returns the
                new state, None to delete the key. By default the last value. A null value deletes the key.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
            WindowError: ``at`` is not a time.
            TableError: A key lies in several partitions, so its events have no order.
            FoldError: The fold failed on an event; the message says which.
        """
        from workbench.tracing.state.fold import micros_of

        return self.state_fold(topic, fold).at(micros_of(moment(at)))

    def state_fold(self, topic: str, fold: Fold | None = None) -> StateFold:
        """Return the fold of `state` for many moments: ``.show()`` steps through time, ``.steps()`` lists the changes.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
            TableError: A key lies in several partitions, so its events have no order.
        """
        from workbench.session.records import topic_records
        from workbench.tracing.state import StateFold, last_value

        records = topic_records(self.store, topic)
        return StateFold(records, last_value if fold is None else fold, viewer=self.draw)

    def waiting(self, group: str | None = None, *, correlation_id: str | None = None) -> WaitingTimes:
        """Split hops into waiting in the topic and processing by the consumer.

        Args:
            group: The consumer group that did the work; its committed positions come from the lag stored here.
            correlation_id: Only this flow; by default all.

        Raises:
            UnknownEventError: There is no such correlation.
        """
        trace = self.graph if correlation_id is None else self.graph.select(correlation_id=correlation_id)
        return trace.waiting(None if group is None else self.committed_positions(group), group)

    def committed_positions(self, group: str) -> pd.DataFrame:
        """Return the committed positions of a group over time: ``topic``, ``partition``, ``time_us``, ``committed``."""
        from workbench.lag import LagResult
        from workbench.lag.history import read_tables

        frame = LagResult(read_tables(self.store, groups=group)).frame
        names = ["topic", "partition", "committed"]
        return frame[names].assign(time_us=frame["at"].astype("int64")).dropna(subset=["partition", "committed"])
