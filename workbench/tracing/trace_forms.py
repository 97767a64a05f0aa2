"""Defines `TraceForms`, how a trace is shown: as text, for other tools, as a picture, as a live view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.text import output_html, preformatted
from workbench.tracing import tables
from workbench.tracing.drawing.painting.svg import svg_text
from workbench.tracing.drawing.view import LIMIT
from workbench.tracing.sequence import sequence_diagram
from workbench.tracing.span_export import otlp_json
from workbench.tracing.text.mermaid import MERMAID_LIMIT, mermaid_text
from workbench.tracing.text.tree import TREE_LIMIT, tree_text
from workbench.tracing.views import TraceViews

if TYPE_CHECKING:
    import pandas as pd

    from workbench.model.causation import LaneField, LayoutName, MapField
    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.sequence import SequenceDiagram
    from workbench.widgets import CausationGraph


class TraceForms(ABC):
    """Writes and draws a trace."""

    data: CausalGraph
    _viewer: Viewer | None

    @property
    @abstractmethod
    def summary(self) -> str:
        """The selection in a few words."""

    @property
    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """One row for each event."""

    def tree(self, limit: int = TREE_LIMIT) -> str:
        """Write the trace as a text tree of at most ``limit`` events; events left out are counted."""
        return tree_text(self.data, limit=limit)

    def mermaid(self, limit: int = MERMAID_LIMIT) -> str:
        """Write the trace as a Mermaid flow chart of at most ``limit`` events, every text escaped, never payload."""
        return mermaid_text(self.data, limit=limit)

    def sequence(self) -> SequenceDiagram:
        """Make a sequence diagram: who told whom what, in order of arrival; ``.mermaid()`` writes it for Mermaid."""
        return sequence_diagram(self.data)

    def otlp(self) -> str:
        """Write the trace as OTLP JSON, one span for each event, for viewers of spans; the same text each time."""
        return otlp_json(self.data)

    def csv(self, *, spreadsheet: bool = False) -> str:
        """Write the events as CSV, with their causes; see `workbench.tracing.tables.frame_csv`."""
        return tables.frame_csv(self.frame, spreadsheet=spreadsheet)

    def svg(
        self,
        layout: LayoutName | None = None,
        *,
        lanes: LaneField = "topic",
        boxes: MapField = "event_type",
        limit: int = LIMIT,
    ) -> str:
        """Write a view of the trace as an SVG file: static, every text escaped, never payload.

        Args:
            layout: ``layered``, ``swimlanes``, ``waterfall``, ``sequence`` or ``map``; by default layers for one chain,
                else lanes.
            lanes: Of swimlanes, ``topic`` or ``source``.
            boxes: Of a map, ``event_type``, ``source`` or ``topic``.
            limit: Events drawn at most; the rest is folded and counted.

        Raises:
            ConfigurationError: There is no such layout, or no such lanes or boxes.
        """
        view = TraceViews(self.data).view(layout=layout, lanes=lanes, boxes=boxes, limit=limit)
        return svg_text(view, f"{self.summary}: {view.text}")

    def show(self, **options: Any) -> CausationGraph:
        """Draw the trace, with a table of the same facts beside it; a click selects, in all its views.

        Args:
            options: ``layout="layered"``, ``"swimlanes"``, ``"waterfall"``, ``"sequence"`` or ``"map"``, ``height``,
                ``lanes="topic"`` or ``"source"`` of swimlanes, ``boxes="event_type"``, ``"source"`` or ``"topic"`` of a
                map.

        Raises:
            ConfigurationError: This trace was made without a viewer.
        """
        if self._viewer is None:
            raise ConfigurationError("This trace has no viewer. Take it from a snapshot: snap.trace(...).show().")
        if "layout" in options:
            options["layout_name"] = options.pop("layout")
        return self._viewer(TraceViews(self.data), **options)

    def __repr__(self) -> str:
        return self.tree()

    def _repr_html_(self) -> str:
        return output_html(preformatted(self.tree()))
