"""What `Snapshot.trace` gives back: a causal graph with views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from workbench.model.causation import EventPosition
    from workbench.tasks import Supervisor
    from workbench.tracing.graph import CausalGraph
    from workbench.widgets import CausationGraph


class Trace:
    """Events and what caused them: one correlation, one event with its ancestors and descendants, or a selection.

    Its ``repr`` is a text tree; `show` draws it.
    """

    def __init__(self, graph: CausalGraph, *, summary: str, supervisor: Supervisor | None = None) -> None:
        self.graph = graph
        """The causal graph: events, edges, copies, cycles, fragments and more, as frames."""
        self.summary = summary
        self._supervisor = supervisor

    @property
    def frame(self) -> pd.DataFrame:
        """One row per event: id, type, source, time, kind of root, depth, causes, effects, copies."""
        return self.graph.events

    @property
    def edges(self) -> pd.DataFrame:
        """One row per edge from cause to effect."""
        return self.graph.edges

    @property
    def unresolved(self) -> pd.DataFrame:
        """Causes that were declared and did not resolve, with the reason."""
        return self.graph.unresolved

    def descendants(self, event_id: str) -> Trace:
        """Everything that came of an event, without the event itself.

        Raises:
            UnknownEventError: There is no such event here.
        """
        return self._part(self.graph.descendants(event_id), f"descendants of {event_id}")

    def ancestors(self, event_id: str) -> Trace:
        """Everything that led to an event, without the event itself."""
        return self._part(self.graph.ancestors(event_id), f"ancestors of {event_id}")

    def positions(self) -> tuple[EventPosition, ...]:
        """Where the record of each event lies; what a replay selects."""
        return self.graph.positions()

    def mermaid(self) -> str:
        """The graph as a Mermaid flow chart."""
        return self.graph.mermaid()

    def show(self, **options: Any) -> CausationGraph:
        """Draw the graph, with a table of the same facts beside it; a click selects.

        Args:
            options: ``layout="layered"`` or ``"swimlanes"``, ``height``, ``lanes``.
        """
        from workbench.tracing.drawing.view import CausationViews
        from workbench.widgets import CausationGraph

        return CausationGraph(CausationViews(self.graph), supervisor=self._supervisor, **options)

    def _part(self, graph: CausalGraph, summary: str) -> Trace:
        return Trace(graph, summary=summary, supervisor=self._supervisor)

    def __len__(self) -> int:
        return len(self.graph)

    def __repr__(self) -> str:
        return repr(self.graph)

    def _repr_html_(self) -> str:
        return self.graph._repr_html_()
