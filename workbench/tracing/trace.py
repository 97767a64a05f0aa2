"""Traces: a causal graph with its questions, tables, text forms and drawing as methods of one line."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import ConfigurationError
from workbench.text import output_html, preformatted
from workbench.tracing import selection, tables
from workbench.tracing.critical_path import critical_path
from workbench.tracing.drawing.view import CausationViews
from workbench.tracing.text.labels import provenance_text
from workbench.tracing.text.mermaid import MERMAID_LIMIT, mermaid_text
from workbench.tracing.text.tree import TREE_LIMIT, tree_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.model.causation import EventPosition
    from workbench.tracing.critical_path import CriticalPath
    from workbench.tracing.graph import CausalGraph
    from workbench.widgets import CausationGraph

Viewer: TypeAlias = "Callable[..., CausationGraph]"
"""Called with a `workbench.model.causation.GraphViewSource` and the options of `Trace.show`; returns a widget."""


class Trace:
    """Events and what caused them: a whole snapshot, one correlation, one event with its relatives, or a selection.

    Its ``repr`` is a text tree, `show` draws it. Frames are sorted by (t, id), their times are UTC. A replay takes a
    trace as its selection.

    Args:
        data: The causal graph.
        viewer: Draws views of the graph; without one, `show` raises.
    """

    def __init__(self, data: CausalGraph, *, viewer: Viewer | None = None) -> None:
        self.data = data
        """The causal graph as columns, for functions of `workbench.tracing`."""
        self._viewer = viewer

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
        return self._with(
            selection.select(
                self.data, correlation_id=correlation_id, event_id=event_id, trace_id=trace_id, fragment=fragment
            )
        )

    def descendants(self, event_id: str) -> Trace:
        """Keep everything that an event led to, without the event itself.

        Raises:
            UnknownEventError: There is no such event here.
        """
        return self._with(selection.descendants(self.data, event_id))

    def ancestors(self, event_id: str) -> Trace:
        """Keep everything that led to an event, without the event itself.

        Raises:
            UnknownEventError: There is no such event here.
        """
        return self._with(selection.ancestors(self.data, event_id))

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the position of the record of each event, which is what a replay selects."""
        return selection.positions(self.data)

    def root_positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the events none of whose used causes is selected."""
        return selection.root_positions(self.data)

    def boundary(self) -> tuple[int, int]:
        """Count the used causes that the selection cuts, and the effects that it leaves outside."""
        return selection.boundary(self.data)

    def critical_path(self, event_id: str | None = None) -> CriticalPath:
        """Find the hops that the end of this trace waited for, with slack, float and savings.

        Args:
            event_id: The event that ends the path; None takes the last one.

        Raises:
            UnknownEventError: There is no such event, several share the id, or it has no time.
        """
        return critical_path(self.data, event_id)

    def tree(self, limit: int = TREE_LIMIT) -> str:
        """Write the trace as a text tree of at most ``limit`` events; events left out are counted."""
        return tree_text(self.data, limit=limit)

    def mermaid(self, limit: int = MERMAID_LIMIT) -> str:
        """Write the trace as a Mermaid flow chart of at most ``limit`` events, every text escaped, never payload."""
        return mermaid_text(self.data, limit=limit)

    def show(self, **options: Any) -> CausationGraph:
        """Draw the trace, with a table of the same facts beside it; a click selects.

        Args:
            options: ``layout="layered"`` or ``"swimlanes"``, ``height``, ``lanes``.

        Raises:
            ConfigurationError: This trace was made without a viewer.
        """
        if self._viewer is None:
            raise ConfigurationError("This trace has no viewer. Take it from a snapshot: snap.trace(...).show().")
        return self._viewer(CausationViews(self.data), **options)

    def __repr__(self) -> str:
        return self.tree()

    def _repr_html_(self) -> str:
        return output_html(preformatted(self.tree()))

    def _with(self, data: CausalGraph) -> Trace:
        return Trace(data, viewer=self._viewer)
