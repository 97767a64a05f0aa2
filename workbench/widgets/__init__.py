"""Views for notebooks: own anywidgets for table and graph, plotly for charts, ipywidgets for forms."""

from workbench.widgets.causation_graph import CausationGraph
from workbench.widgets.live_tail import LiveTail

__all__ = ["CausationGraph", "LiveTail"]
